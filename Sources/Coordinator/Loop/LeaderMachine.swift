public import ClusterModel
public import GatewayModel

/// What the loop drives: `ClusterMachine`, or a scripted one in tests of the loop.
public protocol LeaderMachine: Sendable {
    /// When `handle(.tick)` is wanted next; `nil` where nothing is due.
    var deadline: Instant? { get }
    mutating func handle(_ input: ClusterInput, at now: Instant) -> [ClusterEffect]
    func status(at now: Instant) -> ClusterStatus
}

extension ClusterMachine: LeaderMachine {}
