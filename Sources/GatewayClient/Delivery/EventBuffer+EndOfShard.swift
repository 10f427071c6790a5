import GatewayModel
import Synchronization

// The end of a shard: the consumer takes what there is, or is no longer given it.
extension EventBuffer {
    /// Asks for `EventLaneOwner.drained()` once the consumer took everything of the shard. Where no consumer is there, that is now, and what waits is left to
    /// the session's next owner.
    func drain(_ slot: Int) {
        let reports = self.cursor.withLock { cursor in
            self.shared.withLock { shared -> [Report] in
                if !shared.hasConsumer { return self.seal(slot, &cursor, &shared) }
                // What is in the consumer's hands was not asked beyond yet.
                guard shared.isDrained(slot) else {
                    shared.slots[slot].isDraining = true
                    return []
                }
                shared.slots[slot].isSealed = true
                return shared.drained(slot, upTo: shared.slots[slot].taken)
            }
        }
        Self.perform(reports)
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

    /// How far the consumer came, also where the owner was not told yet; `nil` where it took nothing of the shard.
    func taken(_ slot: Int) -> EventPosition? {
        self.cursor.withLock { cursor in
            cursor.taken(slot) ?? self.shared.withLock { $0.slots[slot].taken }
        }
    }

    func seal(_ slot: Int, _ cursor: inout Cursor, _ shared: inout Shared) -> [Report] {
        shared.slots[slot].isSealed = true
        shared.slots[slot].isDraining = false
        // From here on it stays as it is: what the consumer passes over later it does not get.
        if let position = cursor.taken(slot) { shared.slots[slot].taken = position }
        cursor.sealed.insert(slot)
        shared.forgetPending(slot)
        return shared.drained(slot, upTo: shared.slots[slot].taken)
    }
}
