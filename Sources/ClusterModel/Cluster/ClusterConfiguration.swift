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
    /// Gateway connections that all workers together open in a second, where held shards lost theirs; at least 1. New assignments and permits have a
    /// pace of their own.
    public var dialsPerSecond: Int
    public var identify: IdentifyOptions

    public static let defaultDialsPerSecond = 200

    public init(
        application: ApplicationID, token: Secret, intents: UInt64, shards: ShardCount, isolation: Isolation, timing: Timing = Timing(),
        dialsPerSecond: Int = Self.defaultDialsPerSecond, identify: IdentifyOptions = IdentifyOptions()
    ) {
        self.application = application
        self.token = token
        self.intents = intents
        self.shards = shards
        self.isolation = isolation
        self.timing = timing
        self.dialsPerSecond = dialsPerSecond
        self.identify = identify
    }
}
