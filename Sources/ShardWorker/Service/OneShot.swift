import Synchronization

/// Something that happens at most once, and that one task waits for.
final class OneShot: Sendable {
    private let state = Mutex(State())

    private struct State {
        var hasFired = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    func fire() {
        let waiter = self.state.withLock { state in
            state.hasFired = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns once it happened, or the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    guard !state.hasFired else { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.fire()
        }
    }
}
