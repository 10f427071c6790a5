/// The data of a payload that we send, before its encoding is chosen: every codec renders the same value.
public indirect enum PayloadValue: Hashable, Sendable {
    /// JSON's `null`, ETF's atom `nil`.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number; ids are strings.
    case integer(Int64)
    /// A text.
    case string(String)
    /// Values in their order.
    case array([PayloadValue])
    /// Fields in the order in which they are sent; a key comes once.
    case object([Field])

    /// One entry of an object.
    public struct Field: Hashable, Sendable {
        /// Its name, a string in both encodings.
        public var key: String
        /// What it holds.
        public var value: PayloadValue

        /// One entry.
        public init(key: String, value: PayloadValue) {
            self.key = key
            self.value = value
        }
    }
}

extension PayloadValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    public init(dictionaryLiteral elements: (String, PayloadValue)...) {
        self = .object(elements.map { Field(key: $0.0, value: $0.1) })
    }

    public init(arrayLiteral elements: PayloadValue...) {
        self = .array(elements)
    }

    public init(stringLiteral value: String) {
        self = .string(value)
    }

    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    public init(nilLiteral: ()) {
        self = .null
    }
}
