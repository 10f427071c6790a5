import GatewayModel
import NIOCore
import Synchronization

/// One timer that is re-armed after each input, precise to a millisecond: identify pacing waits for it.
///
/// It is an event loop's timer, so that re-arming costs neither a task nor a cancellation.
final class Alarm: Sendable {
    /// One element for each time it rang; rings that nobody took yet are one.
    let rings: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation
    private let eventLoop: any EventLoop
    private let armed = Mutex<Armed?>(nil)

    private struct Armed {
        var deadline: Instant
        var timer: Scheduled<Void>
    }

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        (self.rings, self.ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Rings once at `deadline`, at once where that has passed, and no more for an earlier `arm`.
    func arm(_ deadline: Instant?, at now: Instant) {
        self.armed.withLock { armed in
            guard armed?.deadline != deadline else { return }
            armed?.timer.cancel()
            armed = deadline.map { deadline in
                let delay = max(0, (deadline - now).inNanoseconds)
                return Armed(deadline: deadline, timer: self.eventLoop.scheduleTask(in: .nanoseconds(delay)) { self.rang(deadline) })
            }
        }
    }

    private func rang(_ deadline: Instant) {
        self.armed.withLock { armed in
            if armed?.deadline == deadline { armed = nil }
        }
        self.ring.yield()
    }
}
