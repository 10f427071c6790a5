// Passes over terms, checking all of them.
extension ETFCursor {
    /// - Parameter depth: of the term; the outermost one has 0.
    @inline(__always)
    mutating func skip(depth: Int) throws(EnvelopeError) {
        let end = ETFFastSkip.end(of: 1, isMap: false, depth: depth, at: self.index, in: self.bytes)
        if end >= 0 { self.index = end } else { try self.skipSlowly(depth: depth) }
    }

    /// Names the fault, and knows every term: accepts exactly what `next` accepts.
    @inline(never)
    mutating func skipSlowly(depth: Int) throws(EnvelopeError) {
        guard depth <= Self.maxDepth else { throw .tooDeep(at: self.index) }
        switch try self.next() {
        case .null, .bool, .text, .integer, .unsigned, .big, .float, .bytes, .emptyList: break
        case .map(let count):
            for _ in 0..<count {
                _ = try self.key()
                try self.skipSlowly(depth: depth + 1)
            }
        case .list(let count):
            for _ in 0..<count { try self.skipSlowly(depth: depth + 1) }
            try self.endList()
        case .tuple(let count):
            for _ in 0..<count { try self.skipSlowly(depth: depth + 1) }
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
