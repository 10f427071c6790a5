/// Erlang terms as the external term format has them, each with the tag it came with where that matters.
indirect enum ETFTerm: Equatable {
    case integer(Int64)
    case big(UInt64)
    case float(Double)
    case atom(String)
    case binary(String)
    case list([ETFTerm])
    /// STRING_EXT.
    case bytes([UInt8])
    case map([Pair])

    struct Pair: Equatable {
        var key: ETFTerm
        var value: ETFTerm
    }

    struct Malformed: Error {}

    init(payload: [UInt8]) throws {
        guard payload.first == 131 else { throw Malformed() }
        var rest = payload.dropFirst()
        self = try Self.term(&rest)
        guard rest.isEmpty else { throw Malformed() }
    }

    /// The value under a key, atom or binary.
    subscript(key: String) -> ETFTerm? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key == .atom(key) || $0.key == .binary(key) }?.value
    }

    var keys: [ETFTerm] {
        guard case .map(let pairs) = self else { return [] }
        return pairs.map(\.key)
    }

    var elements: [ETFTerm] {
        guard case .list(let elements) = self else { return [] }
        return elements
    }

    private static func term(_ rest: inout ArraySlice<UInt8>) throws -> ETFTerm {
        let tag = try number(1, &rest)
        switch tag {
        case 70: return .float(Double(bitPattern: try number(8, &rest)))
        case 97: return .integer(Int64(try number(1, &rest)))
        case 98: return .integer(Int64(Int32(bitPattern: UInt32(try number(4, &rest)))))
        case 100: return .atom(try text(2, &rest))
        case 119: return .atom(try text(1, &rest))
        case 106: return .list([])
        case 107: return .bytes(try take(Int(number(2, &rest)), &rest))
        case 109: return .binary(try text(4, &rest))
        case 110:
            let count = Int(try number(1, &rest))
            guard count <= 8, try number(1, &rest) == 0 else { throw Malformed() }
            return .big(try take(count, &rest).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        case 108:
            var list: [ETFTerm] = []
            for _ in 0..<(try number(4, &rest)) { list.append(try term(&rest)) }
            guard try number(1, &rest) == 106 else { throw Malformed() }
            return .list(list)
        case 116:
            var pairs: [Pair] = []
            for _ in 0..<(try number(4, &rest)) { pairs.append(Pair(key: try term(&rest), value: try term(&rest))) }
            return .map(pairs)
        default: throw Malformed()
        }
    }

    private static func number(_ size: Int, _ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        try take(size, &rest).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func text(_ size: Int, _ rest: inout ArraySlice<UInt8>) throws -> String {
        String(decoding: try take(Int(number(size, &rest)), &rest), as: UTF8.self)
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
        guard count <= rest.count else { throw Malformed() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

extension ETFTerm {
    /// The bytes that a client sends, with keys as binaries.
    var payload: [UInt8] { [131] + self.bytes }

    private var bytes: [UInt8] {
        switch self {
        case .integer(let value): [98] + Self.big(UInt64(UInt32(bitPattern: Int32(value))), 4)
        case .big(let value): [110, 8, 0] + Self.big(value, 8).reversed()
        case .float(let value): [70] + Self.big(value.bitPattern, 8)
        case .atom(let name): [119, UInt8(name.utf8.count)] + Array(name.utf8)
        case .binary(let text): [109] + Self.big(UInt64(text.utf8.count), 4) + Array(text.utf8)
        case .list(let list): list.isEmpty ? [106] : [108] + Self.big(UInt64(list.count), 4) + list.flatMap(\.bytes) + [106]
        case .bytes(let bytes): [107] + Self.big(UInt64(bytes.count), 2) + bytes
        case .map(let pairs): [116] + Self.big(UInt64(pairs.count), 4) + pairs.flatMap { $0.key.bytes + $0.value.bytes }
        }
    }

    private static func big(_ value: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// A map with binary keys.
    static func map(_ members: KeyValuePairs<String, ETFTerm>) -> ETFTerm {
        .map(members.map { Pair(key: .binary($0.key), value: $0.value) })
    }
}
