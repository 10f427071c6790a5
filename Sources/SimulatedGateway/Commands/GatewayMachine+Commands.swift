import GatewayModel

extension GatewayMachine {
    mutating func command(_ id: ConnectionID, _ command: ClientCommand, _ outputs: inout [GatewayOutput]) {
        guard case .authenticated(let key) = self.connections[id]!.state else {
            self.refuseCommand(id, op: command.op, &outputs)
            return
        }
        let outcome: CommandRecord.Outcome
        switch command {
        case .presence(let presence): outcome = self.show(presence, on: key)
        case .voiceState(let request): outcome = self.changeVoiceState(request, on: key, &outputs)
        case .members(let request): outcome = self.listMembers(request, on: key, &outputs)
        case .soundboardSounds(let guilds): outcome = self.listSounds(guilds, on: key, &outputs)
        case .channelInfo(let guild, let fields):
            outcome = self.ownership(of: guild, by: key, op: command.op) ?? .done
            if outcome == .done { self.answer(.channelInfo, guild, .channelInfo(fields), on: key, &outputs) }
        }
        self.counts.commands += 1
        if self.commands.count == 10_000 { self.commands.removeFirst() }
        let session = self.sessions[key]!
        self.commands.append(
            CommandRecord(
                at: self.now, connection: id, session: key, shard: session.shard, numShards: session.numShards, command: command, outcome: outcome))
    }

    /// Whatever is in it: a command before READY or RESUMED.
    mutating func refuseCommand(_ id: ConnectionID, op: Int, _ outputs: inout [GatewayOutput]) {
        self.record(.notAuthenticated, "\(id): op \(op) before authentication (4003)")
        self.close(id, code: CloseCode.notAuthenticated, &outputs)
    }

    /// Why a command for a guild is ignored; `nil`: the session's shard owns the guild.
    mutating func ownership(of guild: UInt64, by key: SessionKey, op: Int) -> CommandRecord.Outcome? {
        let session = self.sessions[key]!
        guard Int((guild >> 22) % UInt64(session.numShards)) == session.shard else {
            self.record(.wrongShard, "shard \(session.shard) of \(session.numShards): op \(op) for guild \(guild), which another shard owns")
            return .wrongShard
        }
        return self.guilds(ofShard: session.shard, numShards: session.numShards).contains(guild) ? nil : .unknownGuild
    }

    /// A dispatch for one session: with an id, a ledger line and a place in the replay buffer, as published ones.
    mutating func answer(_ type: SimulatedEventType, _ guild: UInt64, _ answer: Answer?, on key: SessionKey, _ outputs: inout [GatewayOutput]) {
        self.lastEventID += 1
        self.counts.events += 1
        let event = SimulatedEvent(id: self.lastEventID, type: type, guild: guild, answer: answer)
        let (shard, numShards) = (self.sessions[key]!.shard, self.sessions[key]!.numShards)
        let sequence = self.queue(event, on: key, &outputs)
        let set = self.shardSets.firstIndex { $0.numShards == numShards }!
        self.note(event, set, shard, .due, session: key, sequence: sequence)
    }

    private mutating func show(_ presence: SimulatedPresence, on key: SessionKey) -> CommandRecord.Outcome {
        let horizon = self.now - .seconds(20)
        self.sessions[key]!.presenceArrivals.removeAll { $0 <= horizon }
        guard self.sessions[key]!.presenceArrivals.count < 5 else {
            let session = self.sessions[key]!
            self.record(.presenceRate, "shard \(session.shard) of \(session.numShards): more than 5 presences in 20 s")
            return .presenceLimit
        }
        self.sessions[key]!.presenceArrivals.append(self.now)
        self.sessions[key]!.presence = presence
        return .done
    }

    private mutating func changeVoiceState(
        _ request: VoiceStateRequest, on key: SessionKey, _ outputs: inout [GatewayOutput]
    ) -> CommandRecord.Outcome {
        if let outcome = self.ownership(of: request.guild, by: key, op: 4) { return outcome }
        if let channel = request.channel, channel != SimulatedGuild(id: request.guild).voiceChannel { return .unknownGuild }
        self.publish(.voiceStateUpdate, request.guild, answer: .voiceState(request), &outputs)
        if request.channel != nil { self.answer(.voiceServerUpdate, request.guild, nil, on: key, &outputs) }
        return .done
    }

    private mutating func listSounds(_ guilds: [UInt64], on key: SessionKey, _ outputs: inout [GatewayOutput]) -> CommandRecord.Outcome {
        var worst: CommandRecord.Outcome?
        for guild in guilds {
            switch self.ownership(of: guild, by: key, op: 31) {
            case nil: self.answer(.soundboardSounds, guild, nil, on: key, &outputs)
            case .wrongShard?: worst = .wrongShard
            case .some(let outcome): worst = worst ?? outcome
            }
        }
        return worst ?? .done
    }
}
