import Synchronization

/// A value that comes once, and those who wait for it.
final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var lastWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// The first value stays.
    func set(_ value: Value) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [:] }
            return state.waiters.keys.sorted().compactMap { state.waiters[$0] }
        }
        for waiter in waiters { waiter.resume() }
    }

    var value: Value? { self.state.withLock { $0.value } }

    /// Waits for the value, also where the task is cancelled: for what is certain to come soon.
    func wait() async -> Value {
        while true {
            if let value = self.value { return value }
            await withCheckedContinuation { self.enter($0) }
        }
    }

    /// Waits for the value, or until the task is cancelled.
    func waitOrCancel() async throws -> Value {
        let number = self.state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { self.enter($0, as: number, unless: Task.isCancelled) }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
        if let value = self.value { return value }
        throw CancellationError()
    }

    private func enter(_ continuation: CheckedContinuation<Void, Never>, as number: Int? = nil, unless isCancelled: @autoclosure () -> Bool = false) {
        let mustWait = self.state.withLock { state in
            // Looked at under the lock: whoever cancels comes for the lock afterwards.
            guard state.value == nil, !isCancelled() else { return false }
            if number == nil { state.lastWaiter += 1 }
            state.waiters[number ?? state.lastWaiter] = continuation
            return true
        }
        if !mustWait { continuation.resume() }
    }
}
