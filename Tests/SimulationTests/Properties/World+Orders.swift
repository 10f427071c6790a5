import ClusterModel
import GatewayModel
import SimulatedGateway

/// C1 to C3 and P1: what operators asked for reaches Discord once, in order, and they are told the truth.
extension World {
    func watchPresenceTold(_ planned: PlannedPresence) {
        if !self.account.landedPresences.contains(planned.revision) { self.fail(.p1, "presence \(planned.revision) is told before it is committed") }
    }

    /// What single shards are to show is meant for the shards that the coordinator knows, and for those of no other set.
    func watchPresences(in writes: [StoreWrite], by run: CoordinatorProcess) {
        for case .setPresence(let planned, let scope) in writes {
            let generation = scope == .all ? nil : run.machine.status(at: run.clock.local(self.time)).shardSet?.generation
            self.account.meantGenerations[planned.revision] = generation
        }
    }

    func watchPresenceLanded(_ planned: PlannedPresence) {
        self.account.landedPresences.insert(planned.revision)
        self.account.presenceLandedAt = self.time
        guard let meant = self.account.meantGenerations[planned.revision], meant != self.store.active else { return }
        self.fail(.p1, "presence \(planned.revision) for shards of generation \(meant) is stored when another one is active")
    }

    func watchCommandTold(_ ticket: CommandTicket, _ lease: ShardLease, _ command: GatewayCommand) {
        if !self.account.tickets.insert(ticket).inserted { self.fail(.c1, "ticket \(ticket) is told twice") }
        guard let id = Self.number(of: command) else { return }
        self.account.commands[id]?.told += 1
        if self.account.commands[id]?.told == 2 { self.rare.saw(.commandFollowedItsShard) }
        if let answer = self.account.commands[id]?.answer { self.fail(.c2, "command \(id) is told to \(lease) after its answer \(answer)") }
    }

    func watchWritten(_ command: GatewayCommand, of run: ShardRun) {
        if run.toldPhase != .live { self.fail(.discordRules, "shard \(run.lease) sends op \(command.op) while \(run.toldPhase)") }
        guard let id = Self.number(of: command) else { return }
        self.note("shard \(run.lease) of worker \(run.process) writes command \(id)")
        guard let known = self.account.commands[id] else { return self.fail(.c1, "nobody asked for command \(id)") }
        if known.written > 0 { self.fail(.c1, "command \(id) is written twice") }
        if case .failed(let failure) = known.answer, !failure.mayHaveBeenSent { self.fail(.c2, "command \(id) is written after the answer \(failure)") }
        self.account.commands[id]!.written += 1
        // Given up as unknown, or by a coordinator that is gone: whoever asked next did not wait for it.
        guard known.answer == nil, self.coordinators[known.run].isAlive else { return }
        let last = self.account.lastCommand[run.lease.key] ?? 0
        if last > id { self.fail(.c3, "shard \(run.lease.key) sends command \(id) after \(last)") }
        self.account.lastCommand[run.lease.key] = id
    }

    func watchAnswer(_ request: RequestID, _ answer: OperatorAnswer, by run: CoordinatorProcess) {
        let id = request.rawValue
        guard let command = self.account.commands[id] else { return }
        if let earlier = command.answer { self.fail(.c2, "command \(id) is answered twice: \(earlier), \(answer)") }
        self.account.commands[id]!.answer = answer
        switch answer {
        case .done:
            self.rare.saw(.commandSent)
            if command.written == 0 { self.fail(.c2, "command \(id) is said to be sent, and never was") }
        case .failed(let failure):
            if failure.mayHaveBeenSent { self.rare.saw(.commandUnknown) }
            if case .expired = failure { self.rare.saw(.commandExpired) }
            if !failure.mayHaveBeenSent, command.written > 0 { self.fail(.c2, "command \(id) is said not to be sent (\(failure)), and was") }
        case .refused: self.fail(.c2, "command \(id) is refused without a reason of its own: \(answer)")
        }
    }

    /// Once everything is quiet: nothing is owed, and every shard shows what was set last.
    func judgeCommands(healedAt: Int64) {
        for id in self.account.commands.keys.sorted() {
            let command = self.account.commands[id]!
            guard command.answer == nil, let run = self.coordinator, command.run == run.id else { continue }
            if self.time > command.asked + command.limit + CommandBounds.answerGrace.inNanoseconds + second {
                self.fail(.c2, "command \(id), asked at \(command.asked / second) s, was never answered")
            }
        }
        guard !self.account.presenceWasDropped, self.time > max(healedAt, self.account.presenceLandedAt) + 45 * second, self.coordinator != nil else { return }
        let sessions = self.gateway.sessionStatuses
        for key in self.activeKeys {
            guard let wanted = self.store.presences[key.shard] ?? self.store.presences[nil], let run = self.currentRun(of: key),
                run.liveSince < self.time - 30 * second, let session = sessions.first(where: { $0.sessionID == run.session.sessionID })
            else { continue }
            if session.presence != Self.simulated(wanted.presence) {
                self.fail(
                    .p1, "shard \(run.lease) of worker \(run.process) shows \(session.presence.map { "\($0)" } ?? "nothing"), not revision \(wanted.revision)")
            }
        }
    }

    static func number(of command: GatewayCommand) -> Int? {
        guard case .updateVoiceState(let update) = command else { return nil }
        return update.channelID.map { Int($0.rawValue) }
    }
}

extension CommandFailure {
    fileprivate var mayHaveBeenSent: Bool { if case .unknown = self { true } else { false } }
}
