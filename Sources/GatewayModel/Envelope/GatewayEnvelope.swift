/// What surrounds a payload's data: `{"op":…,"d":…,"s":…,"t":…}`, in any order, with unknown fields in between.
///
/// All of the JSON is checked, the data too, since its bytes are passed on as they are; nothing is decoded but what stands here.
public struct GatewayEnvelope: Hashable, Sendable {
    /// Discord's opcode, in `0...255`.
    public var op: Int
    /// `s`; `nil` for `null` or absent.
    public var sequence: Int64?
    /// `t`; `nil` for `null` or absent.
    public var type: EventType?
    /// Where `d` lies in the scanned bytes, without surrounding whitespace; `nil` if absent, and where it was not looked at.
    public var data: Range<Int>?
    /// Nobody wants this dispatch. Where `t`, `s` and `op` came before `d`, what follows them was not even looked at.
    public var isPruned = false

    /// An envelope that was read otherwise.
    public init(op: Int, sequence: Int64?, type: EventType?, data: Range<Int>?, isPruned: Bool = false) {
        self.op = op
        self.sequence = sequence
        self.type = type
        self.data = data
        self.isPruned = isPruned
    }

    /// - Parameters:
    ///   - bytes: one whole payload in JSON.
    ///   - wanted: the dispatches that somebody wants; `nil` for all. One that nobody wants is pruned where `t`, `s` and `op` come before `d`,
    ///     as Discord sends them; else it is scanned like any other.
    public init(scanning bytes: UnsafeRawBufferPointer, wanted: EventSet? = nil) throws(EnvelopeError) {
        var op: Int?
        var sequence: Int64?
        var type: EventType?
        var data: Range<Int>?
        var cursor = JSONCursor(bytes)
        try cursor.beginObject()
        if cursor.peek() != UInt8(ascii: "}") {
            repeat {
                let key = try cursor.key()
                switch Self.field(key, in: bytes) {
                case .op: op = Int(try Self.number(&cursor, in: bytes, upTo: 255, else: .badOpcode) ?? -1)
                case .sequence: sequence = try Self.number(&cursor, in: bytes, upTo: .max, else: .badSequence)
                case .type: type = try Self.type(&cursor, in: bytes)
                case .data:
                    if let wanted, op == 0, let sequence, let type, !wanted.contains(type) {
                        self.init(op: 0, sequence: sequence, type: type, data: nil, isPruned: true)
                        return
                    }
                    data = try cursor.value(depth: 1)
                case .unknown: try cursor.value(depth: 1)
                }
                cursor.skipWhitespace()
            } while cursor.take(UInt8(ascii: ","))
        }
        try cursor.expect(UInt8(ascii: "}"))
        try cursor.finish()
        guard let op, op >= 0 else { throw .badOpcode }
        self.init(op: op, sequence: sequence, type: type, data: data)
        // Known only now, but still before anybody does more with it.
        if let wanted, op == 0, sequence != nil, let type, !wanted.contains(type) { self.isPruned = true }
    }

    private enum Field {
        case op, sequence, type, data, unknown
    }

    @inline(__always)
    private static func field(_ key: JSONCursor.Text, in bytes: UnsafeRawBufferPointer) -> Field {
        guard !key.hasEscapes else { return Self.escapedField(key, in: bytes) }
        switch key.range.count {
        case 1:
            switch bytes[key.range.lowerBound] {
            case UInt8(ascii: "d"): return .data
            case UInt8(ascii: "s"): return .sequence
            case UInt8(ascii: "t"): return .type
            default: return .unknown
            }
        case 2: return bytes[key.range.lowerBound] == UInt8(ascii: "o") && bytes[key.range.lowerBound + 1] == UInt8(ascii: "p") ? .op : .unknown
        default: return .unknown
        }
    }

    /// `\u0064` is `d` too.
    @inline(never)
    private static func escapedField(_ key: JSONCursor.Text, in bytes: UnsafeRawBufferPointer) -> Field {
        switch JSONCursor.string(key, in: bytes) {
        case "op": .op
        case "s": .sequence
        case "t": .type
        case "d": .data
        default: .unknown
        }
    }

    /// A whole number from 0 on; `nil` for `null`.
    @inline(__always)
    private static func number(
        _ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer, upTo limit: Int64, else error: EnvelopeError
    ) throws(EnvelopeError) -> Int64? {
        let value = try cursor.value(depth: 1)
        if JSONCursor.isNull(value, in: bytes) { return nil }
        guard let number = JSONCursor.integer(at: value, in: bytes), 0...limit ~= number else { throw error }
        return number
    }

    @inline(__always)
    private static func type(_ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer) throws(EnvelopeError) -> EventType? {
        cursor.skipWhitespace()
        guard cursor.peek() == UInt8(ascii: "\"") else {
            guard JSONCursor.isNull(try cursor.value(depth: 1), in: bytes) else { throw .badType }
            return nil
        }
        let text = try cursor.string()
        guard !text.hasEscapes else { return EventType(rawValue: JSONCursor.string(text, in: bytes)) }
        return EventType(interning: UnsafeRawBufferPointer(rebasing: bytes[text.range]))
    }
}
