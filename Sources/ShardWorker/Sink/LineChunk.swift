/// Whole lines in one block of bytes, in order, with what each of them stands for.
struct LineChunk: Sendable {
    struct Mark: Sendable {
        /// Where the line ends in `bytes`.
        var end: Int
        /// The dispatch; `0` for a control line.
        var sequence: Int64
        var sessionID: String
        /// Called once the line is with the sink; never where it is dropped.
        var settled: (@Sendable () -> Void)?
    }

    var bytes: [UInt8] = []
    var marks: [Mark] = []

    /// Memory kept for reuse, so that one burst does not hold its peak for ever.
    private static let keptBytes = 256 << 10

    mutating func removeAll() {
        let keep = self.bytes.capacity <= Self.keptBytes
        self.bytes.removeAll(keepingCapacity: keep)
        self.marks.removeAll(keepingCapacity: keep)
    }
}
