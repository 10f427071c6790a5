extension GatewayEnvelope {
    /// Scans Erlang's external term format: the version 131, then a map with the keys `op`, `d`, `s`, `t`, atoms or binaries, in any order.
    ///
    /// All of it is checked, the data too. `data` is the range of a term, without a version byte of its own. A key that comes twice counts as the last
    /// time says.
    ///
    /// - Parameter wanted: as of `init(scanning:wanted:)`. Erlang writes `d` first, so that pruning saves little here.
    init(scanningETF bytes: UnsafeRawBufferPointer, wanted: EventSet? = nil) throws(EnvelopeError) {
        guard let first = bytes.first else { throw .truncated }
        guard first == ETFTag.version else { throw .badVersion }
        var op: Int?
        var sequence: Int64?
        var type: EventType?
        var data: Range<Int>?
        var cursor = ETFCursor(bytes, at: 1)
        guard case .map(let count) = try cursor.next() else { throw .notAnObject }
        for _ in 0..<count {
            switch try cursor.field() {
            case .data:
                if let wanted, op == 0, let sequence, let type, !wanted.contains(type) {
                    self.init(op: 0, sequence: sequence, type: type, data: nil, isPruned: true)
                    return
                }
                let start = cursor.index
                try cursor.skip(depth: 1)
                data = start..<cursor.index
            case .sequence:
                switch try cursor.scalar() {
                case .integer(let number) where number >= 0: sequence = number
                case .null: sequence = nil
                default: throw .badSequence
                }
            case .type:
                switch try cursor.scalar() {
                case .text(let text): type = cursor.eventType(text)
                case .null: type = nil
                default: throw .badType
                }
            case .op:
                guard case .integer(let number) = try cursor.scalar(), 0...255 ~= number else { throw .badOpcode }
                op = Int(number)
            case .unknown: try cursor.skip(depth: 1)
            }
        }
        try cursor.finish()
        guard let op else { throw .badOpcode }
        self.init(op: op, sequence: sequence, type: type, data: data)
        // Known only now, but still before anybody does more with it.
        if let wanted, op == 0, sequence != nil, let type, !wanted.contains(type) { self.isPruned = true }
    }
}

extension ETFCursor {
    fileprivate enum Field {
        case op, sequence, type, data, unknown
    }

    /// The next key, as far as it is one of an envelope's.
    @inline(__always)
    fileprivate mutating func field() throws(EnvelopeError) -> Field {
        let start = self.index
        if self.left >= 7 {
            // The usual ones in one look: tag, length, letters.
            let header: Int
            switch self.bytes[start] {
            case ETFTag.smallAtom, ETFTag.smallAtomUTF8: header = 2
            case ETFTag.atom, ETFTag.atomUTF8: header = self.bytes[start + 1] == 0 ? 3 : 0
            case ETFTag.binary: header = self.bytes.loadUnaligned(fromByteOffset: start + 1, as: UInt32.self) & 0x00FF_FFFF == 0 ? 5 : 0
            default: header = 0
            }
            if header > 0 {
                let length = self.bytes[start + header - 1]
                let field: Field? =
                    switch (length, self.bytes[start + header], self.bytes[start + header + 1]) {
                    case (1, UInt8(ascii: "d"), _): .data
                    case (1, UInt8(ascii: "s"), _): .sequence
                    case (1, UInt8(ascii: "t"), _): .type
                    case (2, UInt8(ascii: "o"), UInt8(ascii: "p")): .op
                    default: nil
                    }
                if let field {
                    self.index = start + header + Int(length)
                    return field
                }
            }
        }
        guard case .text(let text) = try self.key() else { return .unknown }
        switch text.range.count {
        case 1 where self.equals(text.range, "d"): return .data
        case 1 where self.equals(text.range, "s"): return .sequence
        case 1 where self.equals(text.range, "t"): return .type
        case 2 where self.equals(text.range, "op"): return .op
        default: return .unknown
        }
    }

    /// The next term is a map: `field` reads the value of each key; a key that is a number comes as `nil`.
    @inline(__always)
    mutating func forEachField(_ field: (_ key: ETFText?, _ cursor: inout ETFCursor) throws(EnvelopeError) -> Void) throws(EnvelopeError) {
        guard case .map(let count) = try self.next() else { throw .notAnObject }
        for _ in 0..<count {
            if case .text(let text) = try self.key() { try field(text, &self) } else { try field(nil, &self) }
        }
    }

    /// The next term, of which only a scalar is wanted: a container is passed over wholly, and comes as `emptyList`.
    mutating func scalar() throws(EnvelopeError) -> ETFTerm {
        let start = self.index
        switch try self.next() {
        case .emptyList, .list, .tuple, .map, .bytes:
            self.index = start
            try self.skip(depth: 1)
            return .emptyList
        case let term: return term
        }
    }

    func eventType(_ text: ETFText) -> EventType {
        text.isLatin1 ? EventType(rawValue: self.string(text)) : EventType(interning: UnsafeRawBufferPointer(rebasing: self.bytes[text.range]))
    }

    func string(_ text: ETFText) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: self.bytes[text.range])
        guard text.isLatin1 else { return String(decoding: raw, as: UTF8.self) }
        return String(String.UnicodeScalarView(raw.lazy.map { Unicode.Scalar($0) }))
    }
}
