extension GatewayCommand {
    /// The same as commands that each fit one payload and name guilds of one shard only, in the order in which their guilds come.
    ///
    /// Only `requestSoundboardSounds` can become several: about 168 guilds fit into 4096 bytes in any encoding.
    public func split(numShards: Int) -> [GatewayCommand] {
        guard case .requestSoundboardSounds(let guildIDs) = self else { return [self] }
        var shards: [ShardID] = []
        var guilds: [ShardID: [Snowflake]] = [:]
        for id in guildIDs {
            let shard = ShardID(ofGuild: id.rawValue, numShards: numShards)
            if guilds[shard] == nil { shards.append(shard) }
            guilds[shard, default: []].append(id)
        }
        return shards.flatMap { Self.payloads(of: guilds[$0, default: []]) }
    }

    private static func payloads(of guildIDs: [Snowflake]) -> [GatewayCommand] {
        var commands: [GatewayCommand] = []
        var part: [Snowflake] = []
        var bytes = Self.bytesAroundIDs
        for id in guildIDs {
            // ETF puts five bytes before a string; JSON puts three around it.
            let own = id.description.utf8.count + 5
            if bytes + own > CommandLimits.maxPayloadBytes, !part.isEmpty {
                commands.append(.requestSoundboardSounds(guildIDs: part))
                part = []
                bytes = Self.bytesAroundIDs
            }
            part.append(id)
            bytes += own
        }
        if !part.isEmpty { commands.append(.requestSoundboardSounds(guildIDs: part)) }
        return commands
    }

    /// Op, keys and brackets, in any encoding.
    private static let bytesAroundIDs = 64
}
