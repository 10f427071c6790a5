// The hot path: passes over terms, checking all of them. Must accept exactly what `next` accepts.
extension ETFCursor {
    /// - Parameter depth: of the term; the outermost one has 0.
    mutating func skip(depth: Int) throws(EnvelopeError) {
        guard depth <= Self.maxDepth else { throw .tooDeep(at: self.index) }
        switch try self.byte() {
        case ETFTag.binary: _ = try self.utf8(try self.length())
        case ETFTag.smallAtomUTF8: _ = try self.utf8(Int(try self.byte()))
        case ETFTag.smallAtom: _ = try self.take(Int(try self.byte()))
        case ETFTag.atom: _ = try self.take(try self.half())
        case ETFTag.smallInteger: _ = try self.byte()
        case ETFTag.integer: _ = try self.word()
        case ETFTag.smallBig: _ = try self.take(1 + Int(try self.byte()))
        case ETFTag.null: break
        case ETFTag.map:
            let count = try self.count(of: 2)
            for _ in 0..<count {
                try self.skipKey()
                try self.skip(depth: depth + 1)
            }
        case ETFTag.list:
            let count = try self.count(of: 1)
            for _ in 0..<count { try self.skip(depth: depth + 1) }
            try self.endList()
        case ETFTag.smallTuple:
            let count = Int(try self.byte())
            for _ in 0..<count { try self.skip(depth: depth + 1) }
        case ETFTag.largeTuple:
            let count = try self.count(of: 1)
            for _ in 0..<count { try self.skip(depth: depth + 1) }
        default:
            self.index -= 1
            _ = try self.next()
        }
    }

    /// A key: a text, or an id as a whole number.
    @inline(__always)
    mutating func skipKey() throws(EnvelopeError) {
        let start = self.index
        switch try self.byte() {
        case ETFTag.binary: _ = try self.utf8(try self.length())
        case ETFTag.smallAtomUTF8: _ = try self.utf8(Int(try self.byte()))
        case ETFTag.smallAtom: _ = try self.take(Int(try self.byte()))
        case ETFTag.atom: _ = try self.take(try self.half())
        default:
            self.index = start
            _ = try self.key()
        }
    }

    /// A key. An atom is a text here, `nil` and `true` too.
    mutating func key() throws(EnvelopeError) -> ETFTerm {
        let start = self.index
        let term = try self.next()
        switch term {
        case .text, .integer, .unsigned, .big: return term
        case .null, .bool:
            // An atom: tag, length, text.
            let header = self.bytes[start] == ETFTag.atom || self.bytes[start] == ETFTag.atomUTF8 ? 3 : 2
            return .text(ETFText(range: start + header..<self.index))
        case .float, .bytes, .emptyList, .list, .tuple, .map: throw .unexpectedByte(at: start)
        }
    }
}
