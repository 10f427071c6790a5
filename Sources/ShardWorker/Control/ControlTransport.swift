public import ClusterModel

/// The road to the coordinator.
public protocol ControlTransport: Sendable {
    /// Opens one stream and keeps it until either side ends it. Cancellation ends it at once.
    ///
    /// Sends what `outgoing` yields, in order, and ends our side of the stream when it is finished.
    /// - Parameters:
    ///   - opened: called once, when the coordinator is connected.
    ///   - received: called for each message, one after the other; the next is read when it returned.
    /// - Returns: why the stream ended, for the log.
    func exchange(
        _ outgoing: AsyncStream<WorkerMessage>, opened: @escaping @Sendable () -> Void,
        received: @escaping @Sendable (CoordinatorEnvelope) async -> Void
    ) async -> String
}
