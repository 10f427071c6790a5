import ClusterModel
import GatewayModel
import Synchronization

/// What happened, in order, for the worker's one loop.
///
/// Signals of shards come from event loops, so posting never waits and never drops; a phase that nobody read yet is replaced by the next one of that shard.
/// Messages of the coordinator wait for room. A loop that leaves `deadlyCount` inputs unread is dead, and the process ends like an overdue one: its
/// sessions are resumed elsewhere.
final class WorkerInbox: Sendable {
    enum Event: Sendable {
        case input(WorkerInput)
        /// The stream with this number opened, brought a message, ended.
        case stream(Int, StreamEvent)
        /// The machine's deadline passed.
        case alarm
        case stopRequested
        /// The time to stop in is over.
        case stopOverdue
    }

    enum StreamEvent: Sendable {
        case opened
        case received(CoordinatorEnvelope)
        case ended(reason: String)
    }

    private let state = Mutex(State())
    private let roomyCount: Int
    private let deadlyCount: Int
    private let overflow: @Sendable () -> Void

    private struct State {
        var events: [Event] = []
        /// The next event; those before it were read.
        var head = 0
        var reader: CheckedContinuation<Event, Never>?
        var writer: CheckedContinuation<Void, Never>?

        var count: Int { self.events.count - self.head }
    }

    init(
        roomyCount: Int = 1024, deadlyCount: Int = 1_000_000,
        overflow: @escaping @Sendable () -> Void = { Watchdog.exitProcess("muster: the worker's loop is stuck with a million inputs unread: it ends\n") }
    ) {
        self.roomyCount = roomyCount
        self.deadlyCount = deadlyCount
        self.overflow = overflow
    }

    func post(_ event: Event) {
        let (reader, isDead) = self.state.withLock { state -> (CheckedContinuation<Event, Never>?, Bool) in
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            if case .input(.shard(let lease, .phase)) = event, state.count > 0, case .input(.shard(lease, .phase)) = state.events[state.events.count - 1] {
                state.events[state.events.count - 1] = event
            } else {
                state.events.append(event)
            }
            return (nil, state.count >= self.deadlyCount)
        }
        reader?.resume(returning: event)
        if isDead { self.overflow() }
    }

    /// Like `post`, and waits while many are unread. For one task.
    func send(_ event: Event) async {
        self.post(event)
        await withCheckedContinuation { continuation in
            let isRoomy = self.state.withLock { state in
                guard state.count > self.roomyCount else { return true }
                state.writer?.resume()
                state.writer = continuation
                return false
            }
            if isRoomy { continuation.resume() }
        }
    }

    /// The next event. For one task.
    func next() async -> Event {
        await withCheckedContinuation { continuation in
            let (event, writer) = self.state.withLock { state -> (Event?, CheckedContinuation<Void, Never>?) in
                guard state.count > 0 else {
                    state.reader = continuation
                    return (nil, nil)
                }
                let event = state.events[state.head]
                state.head += 1
                if state.head == state.events.count || state.head >= 1024 {
                    state.events.removeFirst(state.head)
                    state.head = 0
                }
                guard state.count <= self.roomyCount else { return (event, nil) }
                defer { state.writer = nil }
                return (event, state.writer)
            }
            writer?.resume()
            if let event { continuation.resume(returning: event) }
        }
    }
}
