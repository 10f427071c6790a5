extension StateWriter {
    /// One byte for "there is none", or the value after it.
    mutating func write<Value>(optional value: Value?, _ body: (inout StateWriter, Value) -> Void) {
        self.write(UInt8(value == nil ? 0 : 1))
        if let value { body(&self, value) }
    }

    mutating func write(_ value: Bool) { self.write(UInt8(value ? 1 : 0)) }

    mutating func write<Element>(list: [Element], _ body: (inout StateWriter, Element) -> Void) {
        self.write(UInt32(list.count))
        for element in list { body(&self, element) }
    }

    mutating func write(_ presence: SimulatedPresence) {
        self.write(optional: presence.since) { $0.write($1) }
        self.write(list: presence.activities) { writer, activity in
            writer.write(activity.name)
            writer.write(Int64(activity.type))
            writer.write(optional: activity.state) { $0.write($1) }
            writer.write(optional: activity.url) { $0.write($1) }
        }
        self.write(presence.status.rawValue)
        self.write(presence.isAFK)
    }

    mutating func write(_ answer: Answer) {
        switch answer {
        case .members(let chunk):
            self.write(UInt8(0))
            self.write(chunk)
        case .rateLimited(let limit):
            self.write(UInt8(1))
            self.write(limit.retryAfterMilliseconds)
            self.write(optional: limit.nonce) { $0.write($1) }
        case .voiceState(let request):
            self.write(UInt8(2))
            self.write(request.guild)
            self.write(optional: request.channel) { $0.write($1) }
            self.write(request.selfMute)
            self.write(request.selfDeaf)
        case .channelInfo(let fields):
            self.write(UInt8(3))
            self.write(fields.rawValue)
        }
    }

    private mutating func write(_ chunk: MembersChunk) {
        switch chunk.members {
        case .range(let range):
            self.write(UInt8(0))
            self.write(Int64(range.lowerBound))
            self.write(Int64(range.upperBound))
        case .list(let list):
            self.write(UInt8(1))
            self.write(list: list) { $0.write(Int64($1)) }
        }
        self.write(Int64(chunk.index))
        self.write(Int64(chunk.count))
        self.write(list: chunk.notFound) { $0.write($1) }
        self.write(chunk.presences)
        self.write(optional: chunk.nonce) { $0.write($1) }
    }
}
