import GatewayModel

extension GatewayMachine {
    func saveSessions(to writer: inout StateWriter) {
        writer.write(UInt32(self.shardSets.count))
        for set in self.shardSets {
            writer.write(Int32(set.numShards))
            writer.write(set.order)
            for slot in set.slots {
                writer.write(slot.history.rawValue)
                writer.write(slot.intents)
            }
        }
        writer.write(UInt32(self.sessions.count))
        for key in self.sessions.keys.sorted() { self.save(self.sessions[key]!, to: &writer) }
    }

    mutating func restoreSessions(from reader: inout StateReader) throws(SavedStateError) {
        for _ in 0..<(try reader.readCount()) {
            let numShards = Int(try reader.read(Int32.self))
            guard (1...65_535).contains(numShards) else { throw .damaged(at: reader.offset) }
            var set = ShardSet(numShards: numShards, order: try reader.read())
            for slot in set.slots.indices {
                set.slots[slot].history = try reader.readValue(ShardSet.History.self)
                set.slots[slot].intents = try reader.read()
            }
            self.shardSets.append(set)
        }
        for _ in 0..<(try reader.readCount()) { try self.restoreSession(from: &reader) }
    }

    private func save(_ session: Session, to writer: inout StateWriter) {
        writer.write(session.key.rawValue)
        writer.write(Int32(session.shard))
        writer.write(Int32(session.numShards))
        writer.write(session.intents)
        writer.write(session.compress)
        writer.write(optional: session.presence) { $0.write($1) }
        switch session.state {
        case .attached: writer.write(self.now.nanoseconds)
        case .detached(let since): writer.write(since.nanoseconds)
        }
        writer.write(UInt32(session.buffer.capacity))
        writer.write(session.buffer.lastSequence)
        writer.write(UInt32(session.buffer.count))
        var sequence = session.buffer.firstSequence
        while sequence <= session.buffer.lastSequence {
            let event = session.buffer[sequence]
            writer.write(event.id)
            writer.write(event.guild)
            writer.write(event.padding)
            writer.write(event.type.rawValue)
            writer.write(optional: event.answer) { $0.write($1) }
            sequence += 1
        }
    }

    private mutating func restoreSession(from reader: inout StateReader) throws(SavedStateError) {
        let key = SessionKey(rawValue: try reader.read())
        let shard = Int(try reader.read(Int32.self))
        let numShards = Int(try reader.read(Int32.self))
        let intents: UInt64 = try reader.read()
        let compress = try reader.readBool()
        let presence = try reader.readOptional { (reader) throws(SavedStateError) in try reader.readPresence() }
        let since = Instant(nanoseconds: try reader.read())
        let capacity = Int(try reader.read(UInt32.self))
        let last: Int64 = try reader.read()
        var events: [SimulatedEvent] = []
        for _ in 0..<(try reader.readCount()) {
            let id: Int64 = try reader.read()
            let guild: UInt64 = try reader.read()
            let padding: UInt32 = try reader.read()
            let type = try reader.readValue(SimulatedEventType.self)
            let answer = try reader.readOptional { (reader) throws(SavedStateError) in try reader.readAnswer() }
            events.append(SimulatedEvent(id: id, type: type, guild: guild, padding: padding, answer: answer))
        }
        guard let set = self.shardSets.firstIndex(where: { $0.numShards == numShards }), self.shardSets[set].slots.indices.contains(shard) else {
            throw .damaged(at: reader.offset)
        }
        let session = Session(
            key: key, id: self.sessionID(of: key), shard: shard, numShards: numShards, intents: intents, compress: compress,
            presence: presence, buffer: ReplayBuffer(capacity: capacity, lastSequence: last, events: events), state: .detached(since: since))
        self.sessions[key] = session
        self.sessionsByID[session.id] = key
        self.shardSets[set].slots[shard].sessions.append(key)
        self.wake(at: since + self.configuration.sessionLifetime)
    }
}
