import GatewayModel

extension GatewayMachine {
    /// Gives the event its id, queues it on every session that must have it, and notes each in the ledger; also each shard that lost its session.
    mutating func publish(_ type: SimulatedEventType, _ guild: UInt64, padding: UInt32 = 0, answer: Answer? = nil, _ outputs: inout [GatewayOutput]) {
        self.lastEventID += 1
        self.counts.events += 1
        let event = SimulatedEvent(id: self.lastEventID, type: type, guild: guild, padding: padding, answer: answer)
        let wanted = event.type.intents(inGuild: event.guild != 0)
        var newerSetHasIt = false
        for index in self.shardSets.indices {
            let shard = self.shardSets[index].shard(ofGuild: event.guild)
            let slot = self.shardSets[index].slots[shard]
            for key in slot.sessions where self.sessions[key]!.takes(event) {
                let sequence = self.queue(event, on: key, &outputs)
                self.note(event, index, shard, .due, session: key, sequence: sequence)
            }
            guard slot.history != .never else { continue }
            if slot.sessions.isEmpty, !newerSetHasIt, wanted == 0 || slot.intents & wanted != 0 {
                self.note(event, index, shard, slot.history == .retired ? .declared : .unowned, session: nil, sequence: 0)
            }
            newerSetHasIt = true
        }
    }

    /// Gives the event the session's next `s`, keeps it for replay, and sends it where the session is attached.
    @discardableResult
    mutating func queue(_ event: SimulatedEvent, on key: SessionKey, _ outputs: inout [GatewayOutput]) -> Int64 {
        self.counts.dispatches += 1
        self.sessions[key]!.buffer.append(event)
        let sequence = self.sessions[key]!.buffer.lastSequence
        if let connection = self.sessions[key]!.connection {
            self.send(.dispatch(Dispatch(session: key, sequence: sequence, event: event)), to: connection, &outputs)
        }
        return sequence
    }

    /// A line of the ledger.
    mutating func note(
        _ event: SimulatedEvent, _ set: Int, _ shard: Int, _ status: LedgerLine.Status, session: SessionKey?, sequence: Int64
    ) {
        self.ledger.append(
            Ledger.Entry(
                id: event.id, milliseconds: self.now.nanoseconds / 1_000_000, sequence: UInt32(truncatingIfNeeded: sequence), session: session?.rawValue ?? 0,
                shard: UInt16(shard), numShards: UInt16(self.shardSets[set].numShards), type: event.type.rawValue, status: status.rawValue))
    }
}
