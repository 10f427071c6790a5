/// What a client's payload says, before anybody asks what it means. JSON and ETF give the same.
enum ClientValue: Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case list([ClientValue])
    case map([String: ClientValue])

    var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// Also of a whole number that a client wrote with a point, as some do.
    var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int64(exactly: value)
        case .null, .bool, .text, .list, .map: nil
        }
    }

    var text: String? {
        if case .text(let value) = self { value } else { nil }
    }

    var list: [ClientValue]? {
        if case .list(let value) = self { value } else { nil }
    }

    var map: [String: ClientValue]? {
        if case .map(let value) = self { value } else { nil }
    }

    /// A snowflake: Discord takes texts and numbers.
    var snowflake: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .text(let value): UInt64(value)
        case .null, .bool, .double, .list, .map: nil
        }
    }
}

extension ClientValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([ClientValue].self) {
            self = .list(value)
        } else {
            self = .map(try container.decode([String: ClientValue].self))
        }
    }
}
