import GatewayModel

// Commands on their way to the shards that can send them.
extension ClusterMachine {
    mutating func commandRequested(_ id: RequestID, _ request: CommandRequest, at now: Instant, _ effects: inout [ClusterEffect]) {
        if let stopped {
            effects.append(.answer(id, .failed(.notRunning(Self.stoppedCommand(stopped)))))
            return
        }
        guard self.generation != nil else {
            let mistake = OperatorMistake(
                what: "the command was not sent", why: "there is no shard set yet: \(self.gatewayInfoProblem ?? "it begins soon")",
                fix: "try again when there is")
            effects.append(.answer(id, .failed(.notRunning(mistake))))
            return
        }
        if let failure = self.router.accept(id, request, numShards: self.numShards, at: now) { effects.append(.answer(id, .failed(failure))) }
    }

    mutating func routeCommands(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard self.router.count > 0 else { return }
        var answers: [CommandRouter.Answer] = []
        self.router.timePassed(to: now, &answers)
        let told = self.router.tell(self.router.waiting.map { ($0, self.place(of: $0)) }, at: now, &answers)
        self.perform(answers, &effects)
        for told in told {
            guard let connection = self.workers[told.holder.worker]?.connection else { preconditionFailure("\(told.holder) has no stream") }
            self.counters.commandsForwarded += 1
            effects.append(.tell(connection, .command(told.ticket, told.holder.lease, told.command, within: told.limit)))
        }
    }

    private func place(of id: ShardID) -> CommandRouter.Place {
        guard let generation, let shard = self.shards[ShardKey(generation: generation, shard: id)] else { return .nobody }
        switch shard.step {
        case .failed:
            return .never(
                OperatorMistake(
                    what: "the command was not sent", why: "a fatal close code ended shard \(id)",
                    fix: self.shardSetProblem == nil ? "see `muster shards shard=\(id)`" : "see `muster status`"))
        case .unowned, .assigning, .revoking: return .nobody
        case .held:
            guard let owner = shard.owner, let worker = self.workers[owner.stableID], worker.connection != nil, worker.incarnation == owner.incarnation else {
                return .nobody
            }
            let lease = ShardLease(key: ShardKey(generation: generation, shard: id), epoch: shard.epoch)
            return .held(CommandRouter.Holder(lease: lease, worker: owner.stableID, incarnation: owner.incarnation))
        }
    }

    mutating func commandEnded(_ ticket: CommandTicket, _ outcome: ForwardOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.change(&effects) { router, answers in router.ended(ticket, outcome, at: now, &answers) }
    }

    mutating func commandsKnown(to hello: WorkerHello, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.change(&effects) { router, answers in
            router.greeted(by: hello.stableID, hello.incarnation, knowing: hello.commands, at: now, &answers)
        }
    }

    mutating func commandsReturned(by worker: StableID, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.change(&effects) { router, answers in router.saidGoodbye(worker, at: now, &answers) }
    }

    mutating func commandsLost(with worker: StableID, _ effects: inout [ClusterEffect]) {
        self.change(&effects) { router, answers in router.lost(worker, &answers) }
    }

    mutating func rerouteCommands(_ effects: inout [ClusterEffect]) {
        let numShards = self.numShards
        self.change(&effects) { router, answers in router.shardSetReplaced(numShards: numShards, &answers) }
    }

    mutating func stopCommands(_ reason: String, _ effects: inout [ClusterEffect]) {
        self.change(&effects) { router, answers in router.stop(because: Self.stoppedCommand(reason), &answers) }
    }

    mutating func closeCommands(_ effects: inout [ClusterEffect]) {
        let why = OperatorMistake(what: "this coordinator ended", why: "it was asked to, or another one leads", fix: "ask its successor")
        self.change(&effects) { router, answers in router.close(because: why, &answers) }
    }

    private mutating func change(_ effects: inout [ClusterEffect], _ body: (inout CommandRouter, inout [CommandRouter.Answer]) -> Void) {
        var answers: [CommandRouter.Answer] = []
        body(&self.router, &answers)
        self.perform(answers, &effects)
    }

    private mutating func perform(_ answers: [CommandRouter.Answer], _ effects: inout [ClusterEffect]) {
        for answer in answers {
            switch answer.result {
            case .success(let shard):
                self.counters.commandsSent += 1
                effects.append(.answer(answer.request, .done("sent over shard \(shard)")))
            case .failure(let failure):
                self.counters.commandsFailed += 1
                effects.append(.answer(answer.request, .failed(failure)))
            }
        }
    }

    private static func stoppedCommand(_ reason: String) -> OperatorMistake {
        OperatorMistake(
            what: "the command was not sent", why: "the application is stopped (\(reason))", fix: "correct the cause and restart the coordinator")
    }
}
