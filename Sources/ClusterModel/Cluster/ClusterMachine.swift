public import GatewayModel

/// The leader's decisions: who holds which shard, who may IDENTIFY and when, what is committed before it is told.
public struct ClusterMachine: Sendable {
    /// When `handle(.tick)` is wanted next; `nil` where nothing is due.
    public private(set) var deadline: Instant?

    public init(_ configuration: ClusterConfiguration, restoring stored: StoredCluster, epoch: CoordinatorEpoch, at now: Instant) {
    }

    public mutating func handle(_ input: ClusterInput, at now: Instant) -> [ClusterEffect] {
        []
    }

    public func status(at now: Instant) -> ClusterStatus {
        preconditionFailure("placeholder until the machine lands")
    }
}
