import GatewayModel
import NIOCore
import Synchronization

/// What shards produced and the consumer has not taken: filled under one lock, taken out whole, and iterated under a second one that only the consumer uses
/// (and now and then who wants to know how far it came). The consumer is woken only where it waits.
///
/// An event is *taken* when the consumer asks for the one after it. Locks are taken in the order: consumer's, shared.
final class EventBuffer: Sendable {
    private let limits: EventLimits
    private let shared: Mutex<Shared>
    private let cursor = Mutex(Cursor())

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

    // MARK: The end of a shard

    /// Asks for `EventLaneOwner.drained()` once the consumer took everything of the shard. Where no consumer is there, that is now, and what waits is left to
    /// the session's next owner.
    func drain(_ slot: Int) {
        let (reports, isDone) = self.cursor.withLock { cursor in
            self.shared.withLock { shared -> ([Report], Bool) in
                if !shared.hasConsumer { return (self.seal(slot, &cursor, &shared), false) }
                shared.slots[slot].isDraining = true
                // What is in the consumer's hands was not asked beyond yet.
                return ([], shared.isDrained(slot))
            }
        }
        Self.perform(reports)
        if isDone { self.finishDrain(slot) }
    }

    /// The consumer had its time: dispatches that it did not take are forgotten here, and the owner hears how far it came.
    func seal(_ slot: Int, of owner: any EventLaneOwner) {
        let reports = self.cursor.withLock { cursor in
            self.shared.withLock { shared -> [Report] in
                // Else it is over, and the slot may be another shard's.
                guard shared.slots[slot].owner === owner, !shared.slots[slot].isSealed else { return [] }
                return self.seal(slot, &cursor, &shared)
            }
        }
        Self.perform(reports)
    }

    /// The shard's run is over: what it left in the buffer stays there.
    func close(_ slot: Int) {
        self.cursor.withLock { cursor in
            self.shared.withLock { shared in
                shared.slots[slot].owner = nil
                shared.slots[slot].isClosed = true
                if shared.slots[slot].inBatch == 0, shared.slots[slot].count == 0, !shared.slots[slot].isTouched { shared.free(slot, &cursor.sealed) }
            }
        }
    }

    /// How far the consumer came within what it took out and has not reported yet; `nil` where it took nothing of the shard.
    func taken(_ slot: Int) -> EventPosition? {
        self.cursor.withLock { $0.taken(slot) }
    }

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

    // MARK: Parts

    private struct Entry: Sendable {
        var event: GatewayEvent
        /// Of its shard; -1 for the group's.
        var slot: Int
    }

    private struct Slot {
        var shard: ShardIdentity?
        var owner: (any EventLaneOwner)?
        /// Dispatches that wait or are being iterated.
        var count = 0
        var bytes = 0
        /// Of `count` and `bytes`: being iterated.
        var inBatch = 0
        var bytesInBatch = 0
        var transients = 0
        var skipped = 0
        var isPaused = false
        var isDraining = false
        var isSealed = false
        var isClosed = false
        /// Has something in `pending`, or a number of skipped events.
        var isTouched = false
    }

    private enum Report {
        case accepted(any EventLaneOwner, EventPosition)
        case resumeReading(any EventLaneOwner)
        case drained(any EventLaneOwner)
    }

    private static func perform(_ reports: [Report]) {
        for report in reports {
            switch report {
            case .accepted(let owner, let position): owner.accepted(position)
            case .resumeReading(let owner): owner.resumeReading()
            case .drained(let owner): owner.drained()
            }
        }
    }

    private func finishDrain(_ slot: Int) {
        let owner = self.shared.withLock { shared in
            guard shared.slots[slot].isDraining else { return nil as (any EventLaneOwner)? }
            shared.slots[slot].isDraining = false
            shared.slots[slot].isSealed = true
            return shared.slots[slot].owner
        }
        owner?.drained()
    }

    private func seal(_ slot: Int, _ cursor: inout Cursor, _ shared: inout Shared) -> [Report] {
        var reports: [Report] = []
        let owner = shared.slots[slot].owner
        if let owner, let position = cursor.taken(slot) { reports.append(.accepted(owner, position)) }
        shared.slots[slot].isSealed = true
        shared.slots[slot].isDraining = false
        cursor.sealed.insert(slot)
        shared.forgetPending(slot)
        if let owner { reports.append(.drained(owner)) }
        return reports
    }

    /// What the consumer took out and iterates.
    private struct Cursor {
        private var batch: [Entry] = []
        private var index = 0
        private var slots: [Int] = []
        /// Slots whose dispatches in `batch` are no longer for the consumer.
        var sealed: Set<Int> = []

        mutating func next() -> GatewayEvent? {
            while self.index < self.batch.count {
                let entry = self.batch[self.index]
                self.index += 1
                if !self.sealed.isEmpty, case .dispatch = entry.event, self.sealed.contains(entry.slot) { continue }
                return entry.event
            }
            return nil
        }

        /// Of the dispatches before the one that was given out last: the consumer asked for the next after each of them.
        func taken(_ slot: Int) -> EventPosition? {
            for entry in self.batch[..<max(0, self.index - 1)].reversed() where entry.slot == slot {
                if case .dispatch(let dispatch) = entry.event { return EventPosition(sequence: dispatch.sequence, sessionID: dispatch.sessionID) }
            }
            return nil
        }

        /// All of it is taken: the last position of each slot that is not sealed.
        mutating func settle() -> [(slot: Int, position: EventPosition?)] {
            var last: [Int: EventPosition] = [:]
            var open = Set(self.slots).subtracting(self.sealed)
            for entry in self.batch.reversed() where !open.isEmpty && open.contains(entry.slot) {
                guard case .dispatch(let dispatch) = entry.event else { continue }
                last[entry.slot] = EventPosition(sequence: dispatch.sequence, sessionID: dispatch.sessionID)
                open.remove(entry.slot)
            }
            defer {
                self.batch.removeAll(keepingCapacity: true)
                self.slots.removeAll(keepingCapacity: true)
                self.index = 0
            }
            return self.slots.map { ($0, last[$0]) }
        }

        mutating func refill(_ shared: inout Shared) {
            swap(&self.batch, &shared.pending)
            swap(&self.slots, &shared.touched)
            for slot in self.slots {
                shared.slots[slot].isTouched = false
                shared.slots[slot].transients = 0
                shared.slots[slot].inBatch = shared.slots[slot].count
                shared.slots[slot].bytesInBatch = shared.slots[slot].bytes
            }
        }
    }

    private struct Shared {
        var pending: [Entry] = []
        var slots: [Slot] = []
        var freeSlots: [Int] = []
        /// Slots with something in `pending`, in order of their first.
        var touched: [Int] = []
        var paused: [Int] = []
        /// Dispatches of all shards that wait or are being iterated.
        var count = 0
        var bytes = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isWakeUnderWay = false
        var hasConsumer = false
        var isFinished = false

        func isFull(_ slot: Int, _ limits: EventLimits) -> Bool {
            self.slots[slot].count >= limits.eventsPerShard || self.slots[slot].bytes >= limits.bytesPerShard || self.count >= limits.events
                || self.bytes >= limits.bytes
        }

        private func isHalfEmpty(_ slot: Int, _ limits: EventLimits) -> Bool {
            self.slots[slot].count <= limits.eventsPerShard / 2 && self.slots[slot].bytes <= limits.bytesPerShard / 2
                && self.count <= limits.events / 2 && self.bytes <= limits.bytes / 2
        }

        func isDrained(_ slot: Int) -> Bool { self.slots[slot].count == 0 }

        mutating func touch(_ slot: Int) {
            guard !self.slots[slot].isTouched else { return }
            self.slots[slot].isTouched = true
            self.touched.append(slot)
        }

        mutating func mustWake() -> Bool {
            guard self.waiter != nil, !self.isWakeUnderWay else { return false }
            self.isWakeUnderWay = true
            return true
        }

        /// Slots whose consumer is owed a number of skipped events.
        var skips: [Int] { self.touched.filter { self.slots[$0].skipped > 0 } }

        mutating func takeSkips() {
            for slot in self.skips {
                guard let shard = self.slots[slot].shard else { continue }
                self.pending.append(Entry(event: .lifecycle(.skipped(shard, count: self.slots[slot].skipped)), slot: slot))
                self.slots[slot].skipped = 0
            }
        }

        mutating func settle(_ settled: [(slot: Int, position: EventPosition?)], _ limits: EventLimits, _ sealed: inout Set<Int>) -> [Report] {
            var reports: [Report] = []
            for (slot, position) in settled {
                self.count -= self.slots[slot].inBatch
                self.bytes -= self.slots[slot].bytesInBatch
                self.slots[slot].count -= self.slots[slot].inBatch
                self.slots[slot].bytes -= self.slots[slot].bytesInBatch
                self.slots[slot].inBatch = 0
                self.slots[slot].bytesInBatch = 0
                guard let owner = self.slots[slot].owner else { continue }
                if let position { reports.append(.accepted(owner, position)) }
                if self.slots[slot].isDraining, self.isDrained(slot) {
                    self.slots[slot].isDraining = false
                    self.slots[slot].isSealed = true
                    reports.append(.drained(owner))
                }
            }
            for slot in self.paused where self.isHalfEmpty(slot, limits) {
                self.slots[slot].isPaused = false
                if let owner = self.slots[slot].owner { reports.append(.resumeReading(owner)) }
            }
            self.paused = self.paused.filter { self.slots[$0].isPaused }
            for (slot, _) in settled where self.slots[slot].isClosed && self.slots[slot].count == 0 && !self.slots[slot].isTouched {
                self.free(slot, &sealed)
            }
            return reports
        }

        /// The dispatches of a slot that wait are no longer for this consumer.
        mutating func forgetPending(_ slot: Int) {
            self.pending.removeAll { entry in
                if case .dispatch = entry.event { entry.slot == slot } else { false }
            }
            self.count -= self.slots[slot].count - self.slots[slot].inBatch
            self.bytes -= self.slots[slot].bytes - self.slots[slot].bytesInBatch
            self.slots[slot].count = self.slots[slot].inBatch
            self.slots[slot].bytes = self.slots[slot].bytesInBatch
        }

        mutating func free(_ slot: Int, _ sealed: inout Set<Int>) {
            sealed.remove(slot)
            self.paused.removeAll { $0 == slot }
            self.slots[slot] = Slot()
            self.freeSlots.append(slot)
        }
    }
}
