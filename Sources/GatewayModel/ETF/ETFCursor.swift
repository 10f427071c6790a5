/// Reads terms of Erlang's external term format in place. No tree, no copies.
///
/// Hostile bytes are answered by an error: every length is checked against what is left before it is used, nesting is bounded.
struct ETFCursor {
    /// As for JSON; Discord nests some twenty levels deep at most.
    static let maxDepth = 128
    /// Bytes of a whole number: 614 decimal digits.
    static let maxIntegerBytes = 255

    let bytes: UnsafeRawBufferPointer
    var index: Int

    init(_ bytes: UnsafeRawBufferPointer, at index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    /// A whole external term begins with its version; what stands inside one does not.
    mutating func skipVersion() {
        if !self.bytes.isEmpty, self.bytes[0] == ETFTag.version { self.index = 1 }
    }

    func finish() throws(EnvelopeError) {
        guard self.index == self.bytes.count else { throw .trailingBytes(at: self.index) }
    }

    /// The tail of a list whose elements have been read: proper lists only.
    mutating func endList() throws(EnvelopeError) {
        guard self.index < self.bytes.count else { throw .truncated }
        guard self.bytes[self.index] == ETFTag.null else { throw .unexpectedByte(at: self.index) }
        self.index += 1
    }

    /// The next term, or the head of the next container.
    mutating func next() throws(EnvelopeError) -> ETFTerm {
        let start = self.index
        switch try self.byte() {
        case ETFTag.smallInteger: return .integer(Int64(try self.byte()))
        case ETFTag.integer: return .integer(Int64(Int32(bitPattern: try self.word())))
        case ETFTag.binary: return .text(ETFText(range: try self.utf8(try self.length())))
        case ETFTag.smallAtomUTF8: return self.atom(ETFText(range: try self.utf8(Int(try self.byte()))))
        case ETFTag.atomUTF8: return self.atom(ETFText(range: try self.utf8(try self.half())))
        case ETFTag.smallAtom: return self.latin1Atom(try self.take(Int(try self.byte())))
        case ETFTag.atom: return self.latin1Atom(try self.take(try self.half()))
        case ETFTag.null: return .emptyList
        case ETFTag.list: return .list(count: try self.count(of: 1))
        case ETFTag.map: return .map(count: try self.count(of: 2))
        case ETFTag.smallTuple: return .tuple(count: Int(try self.byte()))
        case ETFTag.largeTuple: return .tuple(count: try self.count(of: 1))
        case ETFTag.string: return .bytes(try self.take(try self.half()))
        case ETFTag.smallBig: return try self.big(Int(try self.byte()))
        case ETFTag.largeBig:
            let count = try self.length()
            guard count <= Self.maxIntegerBytes else { throw .integerTooLarge(at: start) }
            return try self.big(count)
        case ETFTag.newFloat:
            let range = try self.take(8)
            let bits = UInt64(bigEndian: self.bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
            return try Self.finite(Double(bitPattern: bits), at: start)
        case ETFTag.float: return try Self.finite(self.decimal(try self.take(31)), at: start)
        case ETFTag.compressed: throw .compressedTerm(at: start)
        default: throw .unexpectedByte(at: start)
        }
    }
}
