/// The data of a payload that we send, before its encoding is chosen: every codec renders the same value.
public indirect enum PayloadValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([PayloadValue])
    /// Fields in the order in which they are sent; a key comes once.
    case object([Field])

    public struct Field: Hashable, Sendable {
        public var key: String
        public var value: PayloadValue

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
