import Dispatch
import Synchronization

/// Wakes one thread. Signals that come while it is awake are one signal.
final class WakeUp: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let isSignalled = Atomic<Bool>(false)

    func signal() {
        if !self.isSignalled.exchange(true, ordering: .acquiringAndReleasing) {
            self.semaphore.signal()
        }
    }

    /// - Parameter limit: milliseconds at most; `nil`: until a signal.
    func wait(atMost limit: Int?) {
        if let limit {
            guard self.semaphore.wait(timeout: .now() + .milliseconds(limit)) == .success else { return }
        } else {
            self.semaphore.wait()
        }
        self.isSignalled.store(false, ordering: .sequentiallyConsistent)
    }
}
