/// What surrounds a payload's data: `{"op":…,"d":…,"s":…,"t":…}`, in any order, with unknown fields in between.
///
/// All of the JSON is checked, the data too, since its bytes are passed on as they are; nothing is decoded but what stands here.
public struct GatewayEnvelope: Hashable, Sendable {
    public var op: Int
    /// `s`; `nil` for `null` or absent.
    public var sequence: Int64?
    /// `t`; `nil` for `null` or absent.
    public var type: String?
    /// Where `d` lies in the scanned bytes, without surrounding whitespace; `nil` if absent.
    public var data: Range<Int>?

    public init(op: Int, sequence: Int64?, type: String?, data: Range<Int>?) {
        self.op = op
        self.sequence = sequence
        self.type = type
        self.data = data
    }

    public init(scanning bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
        var op: Int?
        var sequence: Int64?
        var type: String?
        var data: Range<Int>?
        try JSONWalker.forEachField(in: bytes) { key, value throws(EnvelopeError) in
            switch Self.letters(of: key, in: bytes) {
            case "op":
                guard let number = JSONWalker.integer(at: value, in: bytes), 0...255 ~= number else { throw .badOpcode }
                op = Int(number)
            case "s":
                sequence = nil
                guard !JSONWalker.isNull(value, in: bytes) else { return }
                guard let number = JSONWalker.integer(at: value, in: bytes), number >= 0 else { throw .badSequence }
                sequence = number
            case "t":
                type = nil
                guard !JSONWalker.isNull(value, in: bytes) else { return }
                guard let text = JSONWalker.string(at: value, in: bytes) else { throw .badType }
                type = text
            case "d": data = value
            default: break
            }
        }
        guard let op else { throw .badOpcode }
        self.op = op
        self.sequence = sequence
        self.type = type
        self.data = data
    }

    /// A key of up to two characters; a longer one is none of ours, whatever it says (`\u0064` is `d`, though).
    private static func letters(of key: JSONWalker.Text, in bytes: UnsafeRawBufferPointer) -> String? {
        key.hasEscapes || key.range.count <= 2 ? JSONWalker.string(key, in: bytes) : nil
    }
}
