/// Discord's `shard_id`, in `0..<numShards` of its shard set.
public struct ShardID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// A shard's number, counted from 0.
    public init(_ rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The shard of a guild: `(guild_id >> 22) % num_shards`, unsigned. Source: Discord docs, Gateway › Sharding.
    public init(ofGuild guildID: UInt64, numShards: Int) {
        self.rawValue = Int((guildID >> 22) % UInt64(numShards))
    }

    /// Discord's `rate_limit_key`, in `0..<maxConcurrency`: shards that share it identify 5 s apart. Source: Discord docs, Gateway › Sharding.
    public func rateLimitKey(maxConcurrency: Int) -> Int {
        self.rawValue % maxConcurrency
    }

    public static func < (left: ShardID, right: ShardID) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { String(self.rawValue) }
}
