extension StateReader {
    mutating func readOptional<Value>(_ body: (inout StateReader) throws(SavedStateError) -> Value) throws(SavedStateError) -> Value? {
        try self.readBool() ? try body(&self) : nil
    }

    mutating func readBool() throws(SavedStateError) -> Bool {
        switch try self.read(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .damaged(at: self.offset)
        }
    }

    mutating func readList<Element>(_ body: (inout StateReader) throws(SavedStateError) -> Element) throws(SavedStateError) -> [Element] {
        var list: [Element] = []
        for _ in 0..<(try self.readCount()) { list.append(try body(&self)) }
        return list
    }

    mutating func readPresence() throws(SavedStateError) -> SimulatedPresence {
        let since: Int64? = try self.readOptional { (reader) throws(SavedStateError) in try reader.read() }
        let activities = try self.readList { (reader) throws(SavedStateError) in
            SimulatedPresence.Activity(
                name: try reader.readText(), type: Int(try reader.read(Int64.self)), state: try reader.readOptionalText(), url: try reader.readOptionalText())
        }
        guard let status = SimulatedPresence.Status(rawValue: try self.readText()) else { throw .damaged(at: self.offset) }
        return SimulatedPresence(since: since, activities: activities, status: status, isAFK: try self.readBool())
    }

    mutating func readAnswer() throws(SavedStateError) -> Answer {
        switch try self.read(UInt8.self) {
        case 0: return .members(try self.readChunk())
        case 1: return .rateLimited(RateLimit(retryAfterMilliseconds: try self.read(), nonce: try self.readOptionalText()))
        case 2:
            return .voiceState(
                VoiceStateRequest(
                    guild: try self.read(), channel: try self.readOptional { (reader) throws(SavedStateError) in try reader.read() },
                    selfMute: try self.readBool(), selfDeaf: try self.readBool()))
        case 3: return .channelInfo(ChannelInfoFields(rawValue: try self.read()))
        default: throw .damaged(at: self.offset)
        }
    }

    private mutating func readChunk() throws(SavedStateError) -> MembersChunk {
        let members: MembersChunk.Members
        if try self.readBool() {
            members = .list(try self.readList { (reader) throws(SavedStateError) in Int(try reader.read(Int64.self)) })
        } else {
            let (low, high) = (Int(try self.read(Int64.self)), Int(try self.read(Int64.self)))
            guard low <= high else { throw .damaged(at: self.offset) }
            members = .range(low..<high)
        }
        return MembersChunk(
            members: members, index: Int(try self.read(Int64.self)), count: Int(try self.read(Int64.self)),
            notFound: try self.readList { (reader) throws(SavedStateError) in try reader.read() }, presences: try self.readBool(),
            nonce: try self.readOptionalText())
    }

    mutating func readOptionalText() throws(SavedStateError) -> String? {
        try self.readOptional { (reader) throws(SavedStateError) in try reader.readText() }
    }
}
