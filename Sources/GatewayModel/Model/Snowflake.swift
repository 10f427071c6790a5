/// An id of Discord's: unsigned, 64 bits, its upper 42 the milliseconds since 2015 at which it was made.
///
/// Reads from a string, as JSON has it, or from an integer, as ETF has it; is always written as a string. Source: Discord docs, Reference › Snowflakes.
public struct Snowflake: RawRepresentable, Hashable, Comparable, Sendable, LosslessStringConvertible, ExpressibleByIntegerLiteral {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The same as `init(rawValue:)`.
    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Reads decimal digits without sign or space; `nil` for anything else, and beyond 64 bits.
    public init?(_ description: String) {
        guard description.utf8.first.map({ 0x30...0x39 ~= $0 }) == true, let number = UInt64(description) else { return nil }
        self.rawValue = number
    }

    public init(integerLiteral value: UInt64) {
        self.rawValue = value
    }

    /// Decimal digits, as Discord writes it.
    public var description: String { String(self.rawValue) }

    /// When the id was made, in milliseconds since 1970 (UTC).
    public var millisecondsSince1970: Int64 {
        Int64(self.rawValue >> 22) + 1_420_070_400_000
    }

    public static func < (left: Snowflake, right: Snowflake) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Snowflake: Codable {
    /// Throws for anything but a string of digits or an integer that is not negative.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(UInt64.self) {
            self.rawValue = number
            return
        }
        let text = try container.decode(String.self)
        guard let id = Snowflake(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "an id is digits of at most 64 bits")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}
