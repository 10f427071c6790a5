import GatewayModel

extension EventBuffer {
    struct Entry: Sendable {
        var event: GatewayEvent
        /// Of its shard; -1 for the group's.
        var slot: Int
    }

    struct Slot {
        var shard: ShardIdentity?
        var owner: (any EventLaneOwner)?
        /// Dispatches that wait or are being iterated.
        var count = 0
        var bytes = 0
        /// Of `count` and `bytes`: being iterated.
        var inBatch = 0
        var bytesInBatch = 0
        /// Of the batches before: the consumer asked beyond it. Its owner may not have been told yet, since that is done without a lock.
        var taken: EventPosition?
        var transients = 0
        var skipped = 0
        var isPaused = false
        var isDraining = false
        var isSealed = false
        var isClosed = false
        /// Has something in `pending`, or a number of skipped events.
        var isTouched = false
    }

    enum Report {
        case accepted(any EventLaneOwner, EventPosition)
        case resumeReading(any EventLaneOwner)
        case drained(any EventLaneOwner)
    }

    /// What producers and the consumer share.
    struct Shared {
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
                if let position { self.slots[slot].taken = position }
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

        /// What the owner hears at the end of its shard: first how far the consumer came, perhaps once more.
        func drained(_ slot: Int, upTo position: EventPosition?) -> [Report] {
            guard let owner = self.slots[slot].owner else { return [] }
            return (position.map { [.accepted(owner, $0)] } ?? []) + [.drained(owner)]
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
