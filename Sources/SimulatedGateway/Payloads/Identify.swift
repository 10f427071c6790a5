/// Op 2 as the gateway understood it. Fields that decide nothing here (properties, presence, compress) are left out.
public struct Identify: Hashable, Sendable {
    public var token: String
    /// `shard[0]`; any integer, checked by the machine. 0 where the client sent no `shard`.
    public var shard: Int
    /// `shard[1]`; any integer, checked by the machine. 1 where the client sent no `shard`.
    public var numShards: Int
    /// Bitfield of gateway intents.
    public var intents: UInt64

    public init(token: String, shard: Int, numShards: Int, intents: UInt64) {
        self.token = token
        self.shard = shard
        self.numShards = numShards
        self.intents = intents
    }
}
