import ClusterModel
import Logging
import Synchronization

/// The open control streams, by number. The loop tells and ends them; each stream's own handler writes.
final class WorkerStreams: Sendable {
    /// Streams open at once; more are refused.
    static let limit = 10_000

    private let state = Mutex(State())

    private struct State {
        var nextID = 1
        var open: [ConnectionID: Outbox] = [:]
        var closed = false
    }

    /// `nil`: there are too many, or the server is stopping.
    func open() -> (ConnectionID, Outbox)? {
        self.state.withLock { state in
            guard !state.closed, state.open.count < Self.limit else { return nil }
            let id = ConnectionID(rawValue: state.nextID)
            let outbox = Outbox()
            state.nextID += 1
            state.open[id] = outbox
            return (id, outbox)
        }
    }

    func close(_ id: ConnectionID) {
        self.state.withLock { _ = $0.open.removeValue(forKey: id) }
    }

    /// Ignored where the stream is gone: its `closed` is on the way to the loop.
    func tell(_ id: ConnectionID, _ envelope: CoordinatorEnvelope) {
        self.state.withLock { $0.open[id] }?.tell(envelope)
    }

    func end(_ id: ConnectionID, reason: String) {
        self.state.withLock { $0.open[id] }?.end(reason: reason)
    }

    /// Ends all of them and accepts no more.
    func endAll(reason: String) {
        let open = self.state.withLock { state in
            state.closed = true
            return state.open.values.map(\.self)
        }
        for outbox in open { outbox.end(reason: reason) }
    }
}
