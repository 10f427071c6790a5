/// One shard of one shard set: Discord's `shard` pair `[shard_id, num_shards]`. Shards of two sets are different shards, whatever their ids.
public struct ShardIdentity: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// In `0..<numShards`.
    public var id: ShardID
    /// Size of the shard set, at least 1.
    public var numShards: Int

    /// Not checked: that `id` is below `numShards` is checked where a shard is to run.
    public init(id: ShardID, numShards: Int) {
        self.id = id
        self.numShards = numShards
    }

    /// All shards of a set, in order.
    public static func all(of numShards: Int) -> [ShardIdentity] {
        (0..<numShards).map { ShardIdentity(id: ShardID($0), numShards: numShards) }
    }

    /// By set, then by id.
    public static func < (left: ShardIdentity, right: ShardIdentity) -> Bool {
        (left.numShards, left.id) < (right.numShards, right.id)
    }

    /// `3/16`: shard 3 of a set of 16.
    public var description: String { "\(self.id)/\(self.numShards)" }
}
