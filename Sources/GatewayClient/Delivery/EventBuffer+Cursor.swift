import GatewayModel

extension EventBuffer {
    /// What the consumer took out and iterates.
    struct Cursor {
        private var batch: [Entry] = []
        /// Behind what is in the consumer's hands; one further where it asked beyond the last.
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
            // The last one is no longer in the consumer's hands, whenever this is settled.
            self.index = self.batch.count + 1
            return nil
        }

        /// Of the dispatches before the one that was given out last: the consumer asked for the next after each of them. `nil` for a slot that is sealed: what
        /// counts there is what was noted then.
        func taken(_ slot: Int) -> EventPosition? {
            guard !self.sealed.contains(slot) else { return nil }
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
}
