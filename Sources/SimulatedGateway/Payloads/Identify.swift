/// Op 2 as the gateway understood it. The properties, which decide nothing here, are left out.
public struct Identify: Hashable, Sendable {
    public var token: String
    /// `shard[0]`; any integer, checked by the machine. 0 where the client sent no `shard`.
    public var shard: Int
    /// `shard[1]`; any integer, checked by the machine. 1 where the client sent no `shard`.
    public var numShards: Int
    /// Bitfield of gateway intents.
    public var intents: UInt64
    /// `compress`: payloads may be zlib streams of their own, where neither ETF nor a transport compression rules that out.
    public var compress: Bool
    /// `nil`: none.
    public var presence: SimulatedPresence?

    public init(token: String, shard: Int, numShards: Int, intents: UInt64, compress: Bool = false, presence: SimulatedPresence? = nil) {
        self.token = token
        self.shard = shard
        self.numShards = numShards
        self.intents = intents
        self.compress = compress
        self.presence = presence
    }
}
