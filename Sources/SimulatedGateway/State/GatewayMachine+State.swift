import GatewayModel

extension GatewayMachine {
    private static let magic = "muster-simulator-state-2"

    /// Everything but the connections and the rules: an attached session is saved as detached now, for time while the simulator is down does not count.
    public func saved() -> [UInt8] {
        var writer = StateWriter()
        writer.write(Self.magic)
        writer.write(self.now.nanoseconds)
        writer.write(self.configuration.sessionSeed)
        writer.write(self.lastSessionKey)
        writer.write(self.lastEventID)
        writer.write(self.lastOrder)
        writer.write(UInt8(self.tokenIsDead ? 1 : 0))
        writer.write(self.identifyWindowStart?.nanoseconds ?? Int64.min)
        writer.write(Int64(self.identifiesInWindow))
        writer.write(UInt32(self.lastIdentify.count))
        for (key, instant) in self.lastIdentify.sorted(by: { $0.key < $1.key }) {
            writer.write(Int64(key))
            writer.write(instant.nanoseconds)
        }
        writer.write(list: self.lastFullList.sorted { $0.key < $1.key }) { writer, list in
            writer.write(list.key)
            writer.write(list.value.nanoseconds)
        }
        self.saveCounts(to: &writer)
        self.saveRecords(to: &writer)
        self.saveSessions(to: &writer)
        self.saveLedger(to: &writer)
        writer.write(Checksum.of(writer.bytes))
        return writer.bytes
    }

    /// A gateway as `saved()` left it, under the rules of `configuration`, whose `sessionSeed` gives way to the saved one. Time goes on from its `now`.
    public init(restoring bytes: [UInt8], configuration: GatewayConfiguration) throws(SavedStateError) {
        var reader = StateReader(bytes)
        guard bytes.count > Self.magic.utf8.count + 12, (try? reader.readText()) == Self.magic else { throw .notAState }
        let content = bytes.dropLast(8)
        var checksum = StateReader(Array(bytes.suffix(8)))
        guard try checksum.read() == Checksum.of(content) else { throw .damaged(at: content.count) }
        self.init(configuration: configuration, at: Instant(nanoseconds: try reader.read()))
        self.configuration.sessionSeed = try reader.read()
        self.lastSessionKey = try reader.read()
        self.lastEventID = try reader.read()
        self.lastOrder = try reader.read()
        self.tokenIsDead = try reader.read(UInt8.self) == 1
        let start: Int64 = try reader.read()
        self.identifyWindowStart = start == .min ? nil : Instant(nanoseconds: start)
        self.identifiesInWindow = Int(try reader.read(Int64.self))
        for _ in 0..<(try reader.readCount()) {
            let key = Int(try reader.read(Int64.self))
            self.lastIdentify[key] = Instant(nanoseconds: try reader.read())
        }
        for _ in 0..<(try reader.readCount()) {
            let guild: UInt64 = try reader.read()
            self.lastFullList[guild] = Instant(nanoseconds: try reader.read())
        }
        try self.restoreCounts(from: &reader)
        try self.restoreRecords(from: &reader)
        try self.restoreSessions(from: &reader)
        try self.restoreLedger(from: &reader)
        guard reader.offset == content.count else { throw .damaged(at: reader.offset) }
    }

    private func saveCounts(to writer: inout StateWriter) {
        for count in [
            self.counts.identifies, self.counts.resumes, self.counts.resumesRefused, self.counts.dispatches, self.counts.events, self.counts.violations,
            self.counts.transportEnds, self.counts.commands,
        ] {
            writer.write(Int64(count))
        }
        writer.write(UInt32(self.counts.closedByClient.count))
        for close in self.counts.closedByClient {
            writer.write(close.code)
            writer.write(Int64(close.count))
        }
    }

    private mutating func restoreCounts(from reader: inout StateReader) throws(SavedStateError) {
        self.counts.identifies = Int(try reader.read(Int64.self))
        self.counts.resumes = Int(try reader.read(Int64.self))
        self.counts.resumesRefused = Int(try reader.read(Int64.self))
        self.counts.dispatches = Int(try reader.read(Int64.self))
        self.counts.events = Int(try reader.read(Int64.self))
        self.counts.violations = Int(try reader.read(Int64.self))
        self.counts.transportEnds = Int(try reader.read(Int64.self))
        self.counts.commands = Int(try reader.read(Int64.self))
        for _ in 0..<(try reader.readCount()) {
            let code: UInt16 = try reader.read()
            self.counts.closedByClient.append(.init(code: code, count: Int(try reader.read(Int64.self))))
        }
    }

    private func saveRecords(to writer: inout StateWriter) {
        writer.write(UInt32(self.violations.count))
        for violation in self.violations {
            writer.write(violation.at.nanoseconds)
            writer.write(violation.kind.rawValue)
            writer.write(violation.detail)
        }
        writer.write(UInt32(self.identifyArrivals.count))
        for arrival in self.identifyArrivals {
            writer.write(arrival.at.nanoseconds)
            for value in [arrival.shard, arrival.numShards, arrival.key] { writer.write(Int64(value)) }
            writer.write(UInt8(arrival.accepted ? 1 : 0))
        }
    }

    private mutating func restoreRecords(from reader: inout StateReader) throws(SavedStateError) {
        for _ in 0..<(try reader.readCount()) {
            let at = Instant(nanoseconds: try reader.read())
            guard let kind = Violation.Kind(rawValue: try reader.readText()) else { throw .damaged(at: reader.offset) }
            self.violations.append(Violation(at: at, kind: kind, detail: try reader.readText()))
        }
        for _ in 0..<(try reader.readCount()) {
            let at = Instant(nanoseconds: try reader.read())
            let shard = Int(try reader.read(Int64.self))
            let numShards = Int(try reader.read(Int64.self))
            let key = Int(try reader.read(Int64.self))
            self.identifyArrivals.append(
                IdentifyArrival(at: at, shard: shard, numShards: numShards, key: key, accepted: try reader.read(UInt8.self) == 1))
        }
    }
}
