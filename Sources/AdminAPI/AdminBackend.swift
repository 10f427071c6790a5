public import ClusterModel
public import ClusterStore

/// What the admin API shows and asks: a coordinator's desk, or a fake in tests.
public protocol AdminBackend: Sendable {
    /// The last published view; `nil` while this coordinator does not lead yet.
    var status: ClusterStatus? { get }

    /// Brings a request to the cluster and waits for its answer, bounded in time.
    func ask(_ request: OperatorRequest) async -> OperatorAnswer

    /// The newest first.
    /// - Parameter limit: in `1...1000`.
    func history(limit: Int) async throws -> [HistoryLine]
}
