public import GatewayModel

/// One IDENTIFY with a good token, as it arrived.
public struct IdentifyArrival: Hashable, Sendable {
    public var at: Instant
    public var shard: Int
    public var numShards: Int
    /// `shard % max_concurrency` at that time.
    public var key: Int
    /// Whether READY follows. A refused one counts towards the daily limit as well.
    public var accepted: Bool

    public init(at: Instant, shard: Int, numShards: Int, key: Int, accepted: Bool) {
        self.at = at
        self.shard = shard
        self.numShards = numShards
        self.key = key
        self.accepted = accepted
    }
}
