public import GatewayModel

/// What an operator decides about one application's cluster.
public struct ClusterConfiguration: Sendable {
    public enum ShardCount: Hashable, Sendable {
        /// Discord's recommendation at the first start; 4011 re-shards to its new one.
        case auto
        /// At least 1. 4011 waits for the operator.
        case fixed(Int)
    }

    public var application: ApplicationID
    public var token: Secret
    public var intents: UInt64
    public var shards: ShardCount
    public var isolation: Isolation
    public var timing: Timing

    public init(application: ApplicationID, token: Secret, intents: UInt64, shards: ShardCount, isolation: Isolation, timing: Timing = Timing()) {
        self.application = application
        self.token = token
        self.intents = intents
        self.shards = shards
        self.isolation = isolation
        self.timing = timing
    }
}
