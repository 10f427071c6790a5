import ClusterModel

/// Bounds of what one control message may hold. A message beyond them is refused as a whole.
public enum WireLimits {
    /// Shard reports in one message.
    public static let reports = 100_000
    /// Bytes of a stable id, incarnation, permit, application or session id.
    public static let idBytes = 128
    /// Bytes of a URL or a token.
    public static let urlBytes = 2048
    /// Bytes of a text for people. Longer ones are cut when sent, refused when received.
    public static let textBytes = 4096
    /// Bytes of one message on the stream: room for a renewal of 10,000 shards.
    public static let messageBytes = 4 << 20
    /// Commands in one hello: what a worker keeps at the most.
    public static let commands = 2 * CommandBounds.total
    /// Bytes of each part of what is wrong with a command. Longer ones are cut when sent.
    public static let mistakeBytes = 200
    /// Activities of one presence.
    public static let activities = 128
    /// `capacity` of a worker, and `num_shards`.
    public static let shards = 100_000
}

/// The checks of received fields; each names the field it refuses.
enum WireCheck {
    static func id(_ text: String, _ field: String) throws(ControlProtocolError) -> String {
        guard !text.isEmpty else { throw .missing(field: field) }
        return try self.text(text, field, atMost: WireLimits.idBytes)
    }

    static func text(_ text: String, _ field: String, atMost limit: Int = WireLimits.textBytes) throws(ControlProtocolError) -> String {
        guard text.utf8.count <= limit else { throw .invalid(field: field, problem: "is longer than \(limit) bytes") }
        return text
    }

    /// `[A-Za-z0-9._-]`, at most 128 bytes.
    static func stableID(_ text: String, _ field: String) throws(ControlProtocolError) -> String {
        let text = try self.id(text, field)
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard allowed else { throw .invalid(field: field, problem: "may hold only A-Z, a-z, 0-9, dot, underscore and hyphen") }
        return text
    }

    static func number(_ value: Int64, _ field: String, in range: ClosedRange<Int64>) throws(ControlProtocolError) -> Int64 {
        guard range.contains(value) else { throw .invalid(field: field, problem: "is \(value), outside \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    static func dials(_ value: Int64, _ field: String) throws(ControlProtocolError) -> Int {
        Int(try self.number(value, field, in: 1...Int64(Int32.max)))
    }

    static func present<Value>(_ value: Value, _ has: Bool, _ field: String) throws(ControlProtocolError) -> Value {
        guard has else { throw .missing(field: field) }
        return value
    }
}

extension String {
    /// The text, cut to `WireLimits.textBytes` at a character boundary.
    var cutForWire: String { self.cutForWire(to: WireLimits.textBytes) }

    func cutForWire(to limit: Int) -> String {
        guard self.utf8.count > limit else { return self }
        var cut = ""
        var bytes = 0
        for character in self {
            bytes += character.utf8.count
            guard bytes <= limit else { break }
            cut.append(character)
        }
        return cut
    }
}
