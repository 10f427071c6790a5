import GatewayModel
import NIOCore

/// What an `EventBuffer` asks of the shard whose events it holds.
protocol EventLaneOwner: AnyObject, Sendable {
    /// Everything up to here is with the consumer.
    func accepted(_ position: EventPosition)
    /// The buffer has room again.
    func resumeReading()
    /// Answers `EventBuffer.drain`: nothing of the shard waits any more.
    func drained()
}

/// One shard's way into an `EventBuffer`.
struct EventLane: Sendable {
    let buffer: EventBuffer
    let slot: Int
    let eventLoop: any EventLoop

    func append(_ dispatch: GatewayDispatch) -> Delivery {
        let (delivery, mustWake) = self.buffer.append(dispatch, to: self.slot)
        if mustWake { self.wake() }
        return delivery
    }

    func append(_ event: LifecycleEvent) {
        if self.buffer.append(event, to: self.slot) { self.wake() }
    }

    /// At the end of this turn of the event loop: a burst that was read at once wakes the consumer once.
    private func wake() {
        self.eventLoop.execute { self.buffer.wake() }
    }
}
