/// Which published event is due on which session: the truth that everything else is judged by. Bounded: the oldest lines go, a chunk at a time.
public struct Ledger: Hashable, Sendable {
    /// Lines up to this cursor were dropped: they are no longer here. 0: nothing was dropped.
    public var truncatedBefore: Int64 { self.firstCursor - 1 }
    /// The cursor of the newest line; 0 where there was none yet.
    public private(set) var lastCursor: Int64 = 0
    let limit: Int
    private(set) var chunks: [[Entry]] = []
    private(set) var firstCursor: Int64 = 1

    /// 32 bytes a line, without references, so that a chunk is saved as it lies in memory.
    struct Entry: Hashable, Sendable {
        var id: Int64
        var milliseconds: Int64
        var sequence: UInt32
        var session: Int32
        var shard: UInt16
        var numShards: UInt16
        var type: UInt8
        var status: UInt8
    }

    static let chunkSize = 16_384

    init(limit: Int) {
        self.limit = max(limit, Ledger.chunkSize)
    }

    init(limit: Int, firstCursor: Int64, chunks: [[Entry]]) {
        self.init(limit: limit)
        self.firstCursor = firstCursor
        self.chunks = chunks
        self.lastCursor = firstCursor - 1 + Int64(chunks.reduce(0) { $0 + $1.count })
    }

    /// Lines with a cursor beyond `after`, at most `limit`, in order.
    public func lines(after: Int64, limit: Int) -> [LedgerLine] {
        var lines: [LedgerLine] = []
        var cursor = max(after + 1, self.firstCursor)
        while cursor <= self.lastCursor, lines.count < limit {
            let offset = Int(cursor - self.firstCursor)
            lines.append(self.line(cursor, self.chunks[offset / Ledger.chunkSize][offset % Ledger.chunkSize]))
            cursor += 1
        }
        return lines
    }

    mutating func append(_ entry: Entry) {
        if self.chunks.isEmpty || self.chunks[self.chunks.count - 1].count == Ledger.chunkSize {
            if self.chunks.count * Ledger.chunkSize >= self.limit {
                self.chunks.removeFirst()
                self.firstCursor += Int64(Ledger.chunkSize)
            }
            self.chunks.append([])
        }
        self.chunks[self.chunks.count - 1].append(entry)
        self.lastCursor += 1
    }

    private func line(_ cursor: Int64, _ entry: Entry) -> LedgerLine {
        let status = LedgerLine.Status(rawValue: entry.status)!
        return LedgerLine(
            cursor: cursor, id: entry.id, atMilliseconds: entry.milliseconds, type: SimulatedEventType(rawValue: entry.type)!, numShards: Int(entry.numShards),
            shard: Int(entry.shard), session: status == .due ? SessionKey(rawValue: entry.session) : nil,
            sequence: status == .due ? Int64(entry.sequence) : nil,
            status: status)
    }
}
