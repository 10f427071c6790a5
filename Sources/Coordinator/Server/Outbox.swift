import ClusterModel
import Synchronization

/// What one worker is still to be told, in order. gRPC's writer takes any number of messages without waiting, so the bound is here: a worker that is
/// told more than `limit` messages without a word from it is cut off.
final class Outbox: Sendable {
    /// Messages told since the worker was heard last, and messages queued: room for every command of the cluster, and as many others; two more for each
    /// shard that it says it can hold.
    static let limit = CommandBounds.total + 4096

    enum End: Hashable, Sendable {
        /// What is queued is still sent.
        case ended(reason: String)
        case overflow
    }

    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    private struct State {
        var queued: [CoordinatorEnvelope] = []
        var toldSinceHeard = 0
        var limit = Outbox.limit
        var end: End?
    }

    init() {
        (self.wakeUps, self.wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Ignored once the stream is ending.
    func tell(_ envelope: CoordinatorEnvelope) {
        self.state.withLock { state in
            guard state.end == nil else { return }
            guard state.toldSinceHeard < state.limit, state.queued.count < state.limit else {
                state.end = .overflow
                state.queued = []
                return
            }
            state.toldSinceHeard += 1
            state.queued.append(envelope)
        }
        self.wakeUp.yield()
    }

    /// - Parameter capacity: what its hello says, where it is one.
    func heard(capacity: Int?) {
        self.state.withLock { state in
            state.toldSinceHeard = 0
            if let capacity { state.limit = Self.limit + 2 * capacity }
        }
    }

    func end(reason: String) {
        self.state.withLock { state in
            if state.end == nil { state.end = .ended(reason: reason) }
        }
        self.wakeUp.yield()
    }

    /// Hands every batch to `write` until the stream is to end; returns why.
    func drain(_ write: ([CoordinatorEnvelope]) async throws -> Void) async throws -> End {
        for await _ in self.wakeUps {
            let (batch, end) = self.state.withLock { state in
                defer { state.queued = [] }
                return (state.queued, state.end)
            }
            if !batch.isEmpty { try await write(batch) }
            if let end { return end }
        }
        throw CancellationError()
    }
}
