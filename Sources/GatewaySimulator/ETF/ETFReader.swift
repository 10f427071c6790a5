/// Reads a client's payload in Erlang's external term format. Map keys must be binaries: atoms there close with 4002, as everything else that is wrong.
struct ETFReader {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var offset = 1

    /// - Returns: `nil` where it is no term, compressed, or followed by more.
    static func value(of bytes: [UInt8]) -> ClientValue? {
        guard bytes.first == 131 else { return nil }
        var reader = ETFReader(bytes: bytes)
        guard let value = try? reader.term(depth: 0), reader.offset == bytes.count else { return nil }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private static let depthLimit = 64

    private mutating func term(depth: Int) throws(Malformed) -> ClientValue {
        guard depth < Self.depthLimit else { throw Malformed() }
        switch try self.number(1) {
        case 97: return .integer(Int64(try self.number(1)))
        case 98: return .integer(Int64(Int32(truncatingIfNeeded: try self.number(4))))
        case 110: return try self.big()
        case 99: return try self.oldFloat()
        case 70: return .double(Double(bitPattern: try self.number(8)))
        case 100: return Self.atom(try self.text(try self.count(2)))
        case 115, 119: return Self.atom(try self.text(try self.count(1)))
        case 118: return Self.atom(try self.text(try self.count(2)))
        case 109: return .text(try self.text(try self.count(4)))
        case 106: return .list([])
        case 107: return .list(try self.slice(try self.count(2)).map { .integer(Int64($0)) })
        case 108: return try self.list(depth: depth)
        case 116: return try self.map(depth: depth)
        default: throw Malformed()
        }
    }

    private mutating func list(depth: Int) throws(Malformed) -> ClientValue {
        var list: [ClientValue] = []
        for _ in 0..<(try self.count(4)) { list.append(try self.term(depth: depth + 1)) }
        // A proper list ends with NIL_EXT.
        guard try self.number(1) == 106 else { throw Malformed() }
        return .list(list)
    }

    private mutating func map(depth: Int) throws(Malformed) -> ClientValue {
        var map: [String: ClientValue] = [:]
        for _ in 0..<(try self.count(4)) {
            guard try self.number(1) == 109 else { throw Malformed() }
            let key = try self.text(try self.count(4))
            map[key] = try self.term(depth: depth + 1)
        }
        return .map(map)
    }

    private mutating func big() throws(Malformed) -> ClientValue {
        let (count, sign) = (try self.count(1), try self.number(1))
        var magnitude: UInt64 = 0
        for (index, byte) in try self.slice(count).enumerated() {
            guard index < 8 else { throw Malformed() }
            magnitude |= UInt64(byte) << (8 * index)
        }
        guard let value = Int64(exactly: magnitude) else { throw Malformed() }
        return .integer(sign == 0 ? value : -value)
    }

    /// FLOAT_EXT: 31 characters of text, padded with zero bytes.
    private mutating func oldFloat() throws(Malformed) -> ClientValue {
        let text = String(decoding: try self.slice(31).prefix { $0 != 0 }, as: UTF8.self)
        guard let value = Double(text) else { throw Malformed() }
        return .double(value)
    }

    private static func atom(_ name: String) -> ClientValue {
        switch name {
        case "nil", "null": .null
        case "true": .bool(true)
        case "false": .bool(false)
        default: .text(name)
        }
    }

    private mutating func text(_ count: Int) throws(Malformed) -> String {
        guard let text = String(validating: try self.slice(count), as: UTF8.self) else { throw Malformed() }
        return text
    }

    private mutating func count(_ size: Int) throws(Malformed) -> Int {
        let count = Int(try self.number(size))
        // Every element takes at least a byte.
        guard count <= self.bytes.count - self.offset else { throw Malformed() }
        return count
    }

    /// A big-endian number of up to eight bytes.
    private mutating func number(_ size: Int) throws(Malformed) -> UInt64 {
        try self.slice(size).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func slice(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
        guard count <= self.bytes.count - self.offset else { throw Malformed() }
        defer { self.offset += count }
        return self.bytes[self.offset..<self.offset + count]
    }
}
