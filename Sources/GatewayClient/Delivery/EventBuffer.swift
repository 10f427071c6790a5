import GatewayModel
import NIOCore
import Synchronization

/// What shards produced and the consumer has not taken: filled under one lock, taken out whole, and iterated under a second one that only the consumer uses
/// (and now and then who wants to know how far it came). The consumer is woken only where it waits.
///
/// An event is *taken* when the consumer asks for the one after it. Locks are taken in the order: consumer's, shared.
final class EventBuffer: Sendable {
    private let limits: EventLimits
    let shared: Mutex<Shared>
    let cursor = Mutex(Cursor())

    init(limits: EventLimits) {
        self.limits = limits
        self.shared = Mutex(Shared())
    }

    // MARK: Producers

    func open(_ shard: ShardIdentity) -> Int {
        self.shared.withLock { shared in
            let slot = shared.freeSlots.popLast() ?? shared.slots.count
            if slot == shared.slots.count { shared.slots.append(Slot()) }
            shared.slots[slot].shard = shard
            return slot
        }
    }

    func setOwner(_ owner: any EventLaneOwner, of slot: Int) {
        self.shared.withLock { $0.slots[slot].owner = owner }
    }

    /// - Returns: whether the consumer waits and nobody else wakes it.
    func append(_ dispatch: GatewayDispatch, to slot: Int) -> (Delivery, mustWake: Bool) {
        let bytes = dispatch.data.readableBytes
        return self.shared.withLock { shared in
            // Sealed: the session's next owner gets it again.
            guard !shared.slots[slot].isSealed else { return (.goOn, false) }
            shared.pending.append(Entry(event: .dispatch(dispatch), slot: slot))
            shared.count += 1
            shared.bytes += bytes
            shared.touch(slot)
            shared.slots[slot].count += 1
            shared.slots[slot].bytes += bytes
            if !shared.slots[slot].isPaused, shared.isFull(slot, self.limits) {
                shared.slots[slot].isPaused = true
                shared.paused.append(slot)
            }
            return (shared.slots[slot].isPaused ? .pauseReading : .goOn, shared.mustWake())
        }
    }

    /// - Returns: whether the consumer waits and nobody else wakes it.
    func append(_ event: LifecycleEvent, to slot: Int) -> Bool {
        self.shared.withLock { shared in
            if event.isTransient {
                guard shared.slots[slot].transients < Self.maxTransients else {
                    shared.slots[slot].skipped += 1
                    shared.touch(slot)
                    return false
                }
                shared.slots[slot].transients += 1
            }
            shared.touch(slot)
            shared.pending.append(Entry(event: .lifecycle(event), slot: slot))
            return shared.mustWake()
        }
    }

    /// Of the group. Wakes the consumer at once.
    func append(_ event: LifecycleEvent) {
        self.shared.withLock { $0.pending.append(Entry(event: .lifecycle(event), slot: -1)) }
        self.wake()
    }

    /// Nothing more comes: the consumer gets what waits, then the end.
    func finish() {
        self.shared.withLock { $0.isFinished = true }
        self.wake()
    }

    func wake() {
        let waiter = self.shared.withLock { shared in
            shared.isWakeUnderWay = false
            return shared.waiter.take()
        }
        waiter?.resume()
    }

    /// Of one shard, unread and of the kinds that later ones make good.
    static let maxTransients = 64

    // MARK: The consumer

    /// - Returns: `false` where there is one already.
    func beginConsumer() -> Bool {
        self.shared.withLock { shared in
            guard !shared.hasConsumer else { return false }
            shared.hasConsumer = true
            return true
        }
    }

    /// The consumer is gone, without having asked beyond what it has in its hands. Shards that wait for it wait no longer.
    func endConsumer() {
        let reports = self.cursor.withLock { cursor in
            self.shared.withLock { shared -> [Report] in
                shared.hasConsumer = false
                let waiting = shared.slots.indices.filter { shared.slots[$0].isDraining }
                return waiting.flatMap { self.seal($0, &cursor, &shared) }
            }
        }
        Self.perform(reports)
    }

    /// The next event, if it is at hand.
    func nextAtHand() -> GatewayEvent? {
        self.cursor.withLock { $0.next() }
    }

    /// The next event; `nil` at the end, or where the task is cancelled.
    func next() async -> GatewayEvent? {
        while true {
            switch self.turn(isCancelled: Task.isCancelled) {
            case .event(let event): return event
            case .finished: return nil
            case .wait: break
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = self.shared.withLock { shared in
                        guard shared.pending.isEmpty, shared.skips.isEmpty, !shared.isFinished, !Task.isCancelled else { return false }
                        precondition(shared.waiter == nil, "two tasks use one iterator of a group's events")
                        shared.waiter = continuation
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                self.wake()
            }
        }
    }

    private enum Turn {
        case event(GatewayEvent)
        case finished
        case wait
    }

    /// Settles what was taken out before, then takes out what waits.
    private func turn(isCancelled: Bool) -> Turn {
        let (turn, reports) = self.cursor.withLock { cursor -> (Turn, [Report]) in
            var reports: [Report] = []
            while true {
                if let event = cursor.next() { return (.event(event), reports) }
                let settled = cursor.settle()
                let turn = self.shared.withLock { shared -> Turn? in
                    reports += shared.settle(settled, self.limits, &cursor.sealed)
                    if isCancelled { return .finished }
                    shared.takeSkips()
                    guard !shared.pending.isEmpty else { return shared.isFinished ? .finished : .wait }
                    cursor.refill(&shared)
                    return nil
                }
                if let turn { return (turn, reports) }
            }
        }
        Self.perform(reports)
        return turn
    }

    static func perform(_ reports: [Report]) {
        for report in reports {
            switch report {
            case .accepted(let owner, let position): owner.accepted(position)
            case .resumeReading(let owner): owner.resumeReading()
            case .drained(let owner): owner.drained()
            }
        }
    }
}
