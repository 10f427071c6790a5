public import ClusterModel

/// Where a cluster keeps what must outlive its coordinator. One conformance suite holds for every implementation.
///
/// Methods are called from one writer task at a time except `history`; an implementation must still be safe under concurrent calls.
public protocol ClusterStore: Sendable {
    /// Applies the migrations that are missing, under a lock. Throws `StoreError` (an `OperatorError`): unreachable, a newer schema, locked.
    func migrate() async throws

    /// Tries to become the leader of `application`'s cluster: raises the coordinator epoch in one commit. `nil` while another holder's beat still
    /// changes (the caller asks again); the candidate waits until the beat has not changed for 5 s by its own clock, unless the holder released.
    /// - Parameters:
    ///   - observed: what the last call returned with `.held`, and when; the store compares beats, never wall clocks.
    func campaign(for application: ApplicationID, holder: String, overriding unchangedBeat: LeaderBeat?) async throws -> Campaign

    /// Says that the leader lives. `false`: deposed.
    func beat(epoch: CoordinatorEpoch, application: ApplicationID) async throws -> Bool

    /// Gives leadership up at a clean stop, so that the next one need not wait.
    func resign(epoch: CoordinatorEpoch, application: ApplicationID) async throws

    func load(_ application: ApplicationID) async throws -> StoredCluster

    /// One control transaction: all writes or none, only while `epoch` leads. Bounded by the statement timeout (1.5 s).
    func commit(_ writes: [StoreWrite], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome

    /// One batched statement for all rows; rows whose epoch is stale are skipped, not an error.
    func checkpoint(_ rows: [CheckpointRow], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome

    /// The newest history lines first, at most `limit` (`1...1000`).
    func history(of application: ApplicationID, limit: Int) async throws -> [HistoryLine]

    func close() async
}

/// A history line with the store's own time.
public struct HistoryLine: Hashable, Codable, Sendable {
    public var id: Int64
    /// ISO 8601, UTC.
    public var at: String
    public var coordinatorEpoch: CoordinatorEpoch
    public var transition: Transition

    public init(id: Int64, at: String, coordinatorEpoch: CoordinatorEpoch, transition: Transition) {
        self.id = id
        self.at = at
        self.coordinatorEpoch = coordinatorEpoch
        self.transition = transition
    }
}

/// A leader's sign of life as a candidate saw it: compared for equality only.
public struct LeaderBeat: Hashable, Sendable {
    public var epoch: CoordinatorEpoch
    public var holder: String
    public var beat: Int64

    public init(epoch: CoordinatorEpoch, holder: String, beat: Int64) {
        self.epoch = epoch
        self.holder = holder
        self.beat = beat
    }
}

public enum Campaign: Hashable, Sendable {
    /// We lead, with this epoch: higher than any before.
    case won(CoordinatorEpoch)
    /// Another one holds it: its beat. Ask again; once it stayed the same for 5 s, pass it as `overriding`.
    case held(LeaderBeat)
}
