public import GatewayModel

/// A gateway command to be sent over one shard of the cluster, wherever that shard runs.
public struct CommandRequest: Hashable, Sendable {
    public var command: GatewayCommand
    /// `nil`: the shard of the guild that the command names.
    public var target: Target?
    /// How long it may wait to be sent, in `CommandBounds.limit`.
    public var limit: Duration

    public enum Target: Hashable, Sendable {
        /// The shard of this guild, in the shard set of the moment when it is sent.
        case guild(Snowflake)
        /// A shard of the present set. A re-shard ends what waits for it.
        case shard(ShardID)
    }

    public init(_ command: GatewayCommand, to target: Target? = nil, within limit: Duration = .seconds(30)) {
        self.command = command
        self.target = target
        self.limit = limit
    }
}

extension CommandRequest {
    /// Where it goes, by what stays the same over a re-shard.
    enum Route: Hashable, Sendable {
        case guild(UInt64)
        case shard(ShardID)

        func shard(of numShards: Int) -> ShardID {
            switch self {
            case .guild(let id): ShardID(ofGuild: id, numShards: numShards)
            case .shard(let shard): shard
            }
        }
    }

    /// Refuses what no shard of this set could send.
    func route(numShards: Int) throws(CommandFailure) -> Route {
        guard CommandBounds.limit ~= self.limit else {
            throw .invalid(
                OperatorMistake(
                    what: "a command cannot wait \(self.limit.inSeconds) s", why: "1 s to 60 s are possible", fix: "give it a limit in that range"))
        }
        guard self.command.op != GatewayOpcode.presenceUpdate.rawValue else {
            throw .invalid(
                OperatorMistake(
                    what: "a presence is no command for one moment", why: "the cluster keeps it for every session to come", fix: "set it with `muster presence`"
                ))
        }
        // What the wire to the worker could not carry never sets out.
        guard 0...255 ~= self.command.op, (try? PayloadValue(json: self.command.data.json)) != nil else {
            throw .invalid(
                OperatorMistake(
                    what: "op \(self.command.op) with this data cannot be sent", why: "an op is 0 to 255, and its data nests less than 128 levels",
                    fix: "check both against Discord's documentation"))
        }
        do {
            try self.command.check()
        } catch {
            let (what, why, fix) = error.explanation
            throw .invalid(OperatorMistake(what: what, why: why, fix: fix))
        }
        let bytes = Self.encodedBytes(of: self.command)
        let limit = CommandLimits.maxPayloadBytes
        guard bytes <= limit else { throw .tooLarge(bytes: bytes, limit: limit) }
        let route = try self.chosenRoute()
        let shard = route.shard(of: numShards)
        guard 0..<numShards ~= shard.rawValue else {
            throw .invalid(
                OperatorMistake(what: "shard \(shard) does not exist", why: "this shard set has 0 to \(numShards - 1)", fix: "name one of these, or a guild"))
        }
        for guild in self.command.guildIDs {
            let owner = ShardID(ofGuild: guild, numShards: numShards)
            guard owner == shard else {
                throw .invalid(
                    OperatorMistake(
                        what: "guild \(guild) is not on shard \(shard)", why: "of \(numShards) shards it is on \(owner)",
                        fix: "send one command for each shard, or leave the shard out"))
            }
        }
        return route
    }

    private func chosenRoute() throws(CommandFailure) -> Route {
        switch self.target {
        case .guild(let id): return .guild(id.rawValue)
        case .shard(let shard): return .shard(shard)
        case nil:
            guard let guild = self.command.guildID else {
                throw .invalid(OperatorMistake(what: "the command has no target", why: "it names no guild", fix: "name a guild or a shard"))
            }
            return .guild(guild)
        }
    }

    /// In the larger of the two encodings: which one a shard uses is its worker's business.
    static func encodedBytes(of command: GatewayCommand) -> Int {
        let (op, data) = (command.op, command.data)
        return max(PayloadCodec.json.encode(op: op, data: data).count, PayloadCodec.etf.encode(op: op, data: data).count)
    }
}
