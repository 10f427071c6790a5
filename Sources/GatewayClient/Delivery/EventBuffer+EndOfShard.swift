import GatewayModel
import Synchronization

// The end of a shard: the consumer takes what there is, or is no longer given it.
extension EventBuffer {
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

    private func finishDrain(_ slot: Int) {
        let owner = self.shared.withLock { shared in
            guard shared.slots[slot].isDraining else { return nil as (any EventLaneOwner)? }
            shared.slots[slot].isDraining = false
            shared.slots[slot].isSealed = true
            return shared.slots[slot].owner
        }
        owner?.drained()
    }

    func seal(_ slot: Int, _ cursor: inout Cursor, _ shared: inout Shared) -> [Report] {
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
}
