public import ClusterModel
public import GatewayClient

/// What an operator decides about one worker process.
public struct WorkerSettings: Sendable {
    public var stableID: StableID
    /// Shards it can hold, in `1...100_000`.
    public var capacity: Int
    public var timing: Timing
    public var compression: GatewayCompression
    public var trust: GatewayTrust
    public var limits: SinkLimits
    /// The supervisor starts this process again at once after SIGTERM: the coordinator then waits 3 s for it before it moves the shards.
    public var isReturning: Bool

    public init(
        stableID: StableID, capacity: Int = 32, timing: Timing = Timing(), compression: GatewayCompression = .zlibStream, trust: GatewayTrust = .system,
        limits: SinkLimits = SinkLimits(), isReturning: Bool = false
    ) {
        self.stableID = stableID
        self.capacity = capacity
        self.timing = timing
        self.compression = compression
        self.trust = trust
        self.limits = limits
        self.isReturning = isReturning
    }
}
