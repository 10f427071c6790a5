import ClusterModel
import GatewayModel
import SimulatedGateway

/// Operators that set presences and bots that send commands; and the part of a shard's shell that brings them to Discord.
extension World {
    // MARK: Operators

    /// Every second somebody may want something of the cluster.
    func operate() {
        self.after(second, .operate)
        guard let run = self.coordinator, !self.troublesAreOver else { return }
        if self.operatorDice.chance(0.06) { self.setPresence(run) }
        guard self.operatorDice.chance(0.4) else { return }
        let count = self.operatorDice.chance(0.05) ? self.operatorDice.integer(2...20) : 1
        let guild = self.operatorDice.pick(self.gateway.configuration.guilds)
        let limit = Duration.seconds(self.operatorDice.skewed(1...60))
        for _ in 0..<count { self.sendCommand(guild, byShard: self.operatorDice.chance(0.1), within: limit, of: run) }
    }

    private func setPresence(_ run: CoordinatorProcess) {
        self.nextPresence += 1
        let presence = Presence(activities: [.playing("game \(self.nextPresence)")])
        var scope = PresenceScope.all
        if self.operatorDice.chance(0.3), let numShards = run.machine.status(at: run.clock.local(self.time)).shardSet?.numShards {
            scope = .shards([ShardID(self.operatorDice.integer(0...(numShards - 1)))])
        }
        self.request(.presence(presence, scope), of: run)
    }

    /// Its channel names it: so Discord sees which command came, and does nothing for it.
    private func sendCommand(_ guild: UInt64, byShard: Bool, within limit: Duration, of run: CoordinatorProcess) {
        let id = self.request(
            .command(
                CommandRequest(
                    .updateVoiceState(VoiceStateUpdate(guildID: Snowflake(guild), channelID: Snowflake(UInt64(self.nextRequest + 1)))),
                    to: byShard ? self.shard(of: guild, run) : nil, within: limit)), of: run)
        self.account.commands[id.rawValue] = Account.Command(run: run.id, asked: self.time, limit: limit.inNanoseconds)
    }

    private func shard(of guild: UInt64, _ run: CoordinatorProcess) -> CommandRequest.Target? {
        run.machine.status(at: run.clock.local(self.time)).shardSet.map { .shard(ShardID(ofGuild: guild, numShards: $0.numShards)) }
    }

    // MARK: Shards

    func show(_ planned: PlannedPresence, of lease: ShardLease, in process: WorkerProcess) {
        guard let run = process.run(of: lease) else {
            self.after(0, .worker(process.id, .input(.presenceEnded(lease, planned.revision, isShown: false))))
            return
        }
        guard self.mutant != .presenceNeverWritten else {
            self.tell(.presence(planned.revision), .success(()), of: run)
            return
        }
        self.enqueue(.updatePresence(planned.presence), as: .presence(planned.revision), within: .seconds(86_400), of: run)
    }

    func sendCommand(_ ticket: CommandTicket, _ command: GatewayCommand, of lease: ShardLease, within limit: Duration, in process: WorkerProcess) {
        guard let run = process.run(of: lease) else {
            self.after(0, .worker(process.id, .input(.commandEnded(ticket, .notHeld))))
            return
        }
        self.enqueue(command, as: .command(ticket), within: limit, of: run)
    }

    private func enqueue(_ command: GatewayCommand, as waiter: ShardRun.Waiter, within limit: Duration, of run: ShardRun) {
        let now = self.processes[run.process].clock.local(self.time)
        run.nextCommand += 1
        let id = CommandID(rawValue: run.nextCommand)
        run.waiters[id] = waiter
        let bytes = PayloadCodec.json.encode(op: command.op, data: command.data).count
        self.perform(run.commands.enqueue(id, command, encodedBytes: bytes, deadline: now + limit, at: now), of: run)
        if !run.isEnded { self.arm(run) }
    }

    /// What the shard tells about itself decides what may go out.
    func commandsHear(_ event: ShardEvent, of run: ShardRun) {
        let now = self.processes[run.process].clock.local(self.time)
        if case .phase(let phase) = event { run.toldPhase = phase }
        switch event {
        case .phase(.live):
            run.liveSince = self.time
            self.perform(run.commands.becameLive(at: now), of: run)
        case .phase(.stopping), .disconnected: run.commands.connectionEnded(at: now)
        case .phase, .ready, .resumed, .gap, .sessionLost, .readyToIdentify, .identified, .anomaly: break
        }
    }

    func perform(_ effects: [CommandEffect], of run: ShardRun) {
        var effects = effects[...]
        while let effect = effects.popFirst() {
            let now = self.processes[run.process].clock.local(self.time)
            switch effect {
            case .send(let id, let command):
                guard self.write(command, of: run) else {
                    effects += run.commands.writeFailed(id, at: now)
                    continue
                }
                self.watchWritten(command, of: run)
                effects += run.commands.written(id, at: now)
            case .sent(let id), .superseded(let id): self.ended(id, .success(()), of: run)
            case .fail(let id, let error): self.ended(id, .failure(error), of: run)
            }
        }
    }

    private func write(_ command: GatewayCommand, of run: ShardRun) -> Bool {
        guard let id = run.connection, self.connections[id].clientOpen, !self.connections[id].isClosing else { return false }
        self.sendToGateway(self.connections[id], .payload(.command(Self.simulated(command)), sentAt: self.time))
        return true
    }

    private func ended(_ id: CommandID, _ result: Result<Void, CommandError>, of run: ShardRun) {
        guard let waiter = run.waiters.removeValue(forKey: id) else { preconditionFailure("command \(id) ends twice") }
        self.tell(waiter, result, of: run)
    }

    /// In order with the shard's signals, before its end.
    private func tell(_ waiter: ShardRun.Waiter, _ result: Result<Void, CommandError>, of run: ShardRun) {
        let lag = self.plan.loopLag == 0 ? 0 : self.networkDice.skewed(0...self.plan.loopLag)
        run.lastSignal = max(run.lastSignal + 1, self.time + lag)
        let input: WorkerInput
        switch waiter {
        case .command(let ticket): input = .commandEnded(ticket, ForwardOutcome(result))
        case .presence(let revision): input = .presenceEnded(run.lease, revision, isShown: (try? result.get()) != nil)
        }
        self.queue.schedule(.worker(run.process, .input(input)), at: run.lastSignal)
    }

    static func simulated(_ presence: Presence) -> SimulatedPresence {
        SimulatedPresence(
            since: presence.since, activities: presence.activities.map { SimulatedPresence.Activity(name: $0.name, type: $0.kind.rawValue) },
            status: SimulatedPresence.Status(rawValue: presence.status.rawValue)!, isAFK: presence.afk)
    }

    private static func simulated(_ command: GatewayCommand) -> ClientCommand {
        switch command {
        case .updatePresence(let presence): .presence(self.simulated(presence))
        case .updateVoiceState(let update):
            .voiceState(VoiceStateRequest(guild: update.guildID.rawValue, channel: update.channelID?.rawValue))
        case .requestGuildMembers, .requestSoundboardSounds, .requestChannelInfo, .raw: preconditionFailure("nobody asked for \(command)")
        }
    }
}
