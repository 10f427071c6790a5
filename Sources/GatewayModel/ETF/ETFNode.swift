/// Where a value stands in a document.
enum ETFPlace {
    case term(start: Int)
    /// In a list of bytes, which has no terms.
    case byte(UInt8)
}

/// One value of a checked document, and how it reads as each of the standard library's types.
struct ETFNode {
    let document: ETFDocument
    let place: ETFPlace
    var codingPath: [any CodingKey]

    private func read<Result>(_ body: (ETFTerm, inout ETFCursor) throws(EnvelopeError) -> Result) throws(EnvelopeError) -> Result {
        switch self.place {
        case .term(let start):
            try self.document.read(at: start) { cursor throws(EnvelopeError) in try body(try cursor.next(), &cursor) }
        case .byte(let byte):
            try self.document.read(at: 0) { cursor throws(EnvelopeError) in try body(.integer(Int64(byte)), &cursor) }
        }
    }

    func term() throws(EnvelopeError) -> ETFTerm {
        try self.read { term, _ in term }
    }

    func isNull() -> Bool {
        (try? self.term()) == .null
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try type.init(from: ETFNodeDecoder(node: self))
    }

    func bool() throws -> Bool {
        guard case .bool(let flag) = try self.term() else { throw try self.mismatch(Bool.self) }
        return flag
    }

    func string() throws -> String {
        let text: String? = try self.read { term, cursor throws(EnvelopeError) in
            switch term {
            case .text(let text): cursor.string(text)
            case .integer(let number): ETFInteger.isText(number) ? String(number) : nil
            case .unsigned(let number): String(number)
            case .big(let magnitude, let isNegative): ETFInteger.decimal(cursor.bytes[magnitude], isNegative: isNegative)
            case .null, .bool, .float, .bytes, .emptyList, .list, .tuple, .map: nil
            }
        }
        guard let text else { throw try self.mismatch(String.self) }
        return text
    }

    func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        let number: Number?
        switch try self.term() {
        case .integer(let value): number = Number(exactly: value)
        case .unsigned(let value): number = Number(exactly: value)
        case .float(let value): number = Self.whole(value).flatMap { Number(exactly: $0) }
        case .big: number = nil
        case .null, .bool, .text, .bytes, .emptyList, .list, .tuple, .map: throw try self.mismatch(type)
        }
        guard let number else { throw self.doesNotFit(type) }
        return number
    }

    /// Not by `Int64(exactly:)`, which asks C's mathematics library, and this module links nothing.
    private static func whole(_ value: Double) -> Int64? {
        guard value > -0x1p63, value < 0x1p63 else { return nil }
        let whole = Int64(value)
        return Double(whole) == value ? whole : nil
    }

    func float<Number: BinaryFloatingPoint>(_ type: Number.Type) throws -> Number {
        let number: Number
        switch try self.term() {
        case .integer(let value): number = Number(value)
        case .unsigned(let value): number = Number(value)
        case .float(let value): number = Number(value)
        case .null, .bool, .text, .big, .bytes, .emptyList, .list, .tuple, .map: throw try self.mismatch(type)
        }
        guard number.isFinite else { throw self.doesNotFit(type) }
        return number
    }

    /// The value of each key. A key that comes twice counts as the last time says.
    func fields() throws -> [String: ETFPlace] {
        let places: [String: ETFPlace]? = try self.read { term, cursor throws(EnvelopeError) in
            guard case .map(let count) = term else { return nil }
            var places: [String: ETFPlace] = [:]
            for _ in 0..<count {
                let key = cursor.keyString(try cursor.key())
                places[key] = .term(start: cursor.index)
                try cursor.skip(depth: 0)
            }
            return places
        }
        guard let places else { throw try self.mismatch([String: Any].self) }
        return places
    }

    func elements() throws -> [ETFPlace] {
        let elements: [ETFPlace]? = try self.read { term, cursor throws(EnvelopeError) in
            switch term {
            case .emptyList: return []
            case .bytes(let range): return range.map { .byte(cursor.bytes[$0]) }
            case .list(let count), .tuple(let count):
                var elements: [ETFPlace] = []
                for _ in 0..<count {
                    elements.append(.term(start: cursor.index))
                    try cursor.skip(depth: 0)
                }
                return elements
            case .null, .bool, .text, .integer, .unsigned, .big, .float, .map: return nil
            }
        }
        guard let elements else { throw try self.mismatch([Any].self) }
        return elements
    }

    func child(_ place: ETFPlace, at key: any CodingKey) -> ETFNode {
        ETFNode(document: self.document, place: place, codingPath: self.codingPath + [key])
    }

    private func mismatch(_ type: Any.Type) throws(EnvelopeError) -> DecodingError {
        let term = try self.term()
        let context = DecodingError.Context(codingPath: self.codingPath, debugDescription: "\(type) cannot be read from \(Self.name(of: term))")
        return term == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    private func doesNotFit(_ type: Any.Type) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: self.codingPath, debugDescription: "the number does not fit into \(type)"))
    }

    private static func name(of term: ETFTerm) -> String {
        switch term {
        case .null: "null"
        case .bool: "a Boolean"
        case .text: "a text"
        case .integer, .unsigned, .big, .float: "a number"
        case .bytes, .emptyList, .list, .tuple: "a list"
        case .map: "a map"
        }
    }
}
