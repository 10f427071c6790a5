import GatewayModel

enum ETF {
    static func json(_ etf: [UInt8]) throws -> String {
        String(decoding: try etf.withUnsafeBytes { try ETFTranscoder.json(fromETF: $0) }, as: UTF8.self)
    }

    static func envelope(_ etf: [UInt8]) throws -> GatewayEnvelope {
        try etf.withUnsafeBytes { try PayloadCodec.etf.envelope($0) }
    }

    /// Makes the term the data of a heartbeat's acknowledgement, and reads that.
    ///
    /// - Returns: the data's bytes.
    static func dataOfEnvelope(around etf: [UInt8]) throws -> [UInt8]? {
        let payload = [131, 116, 0, 0, 0, 2, 119, 1, UInt8(ascii: "d")] + etf.dropFirst() + [109, 0, 0, 0, 2, UInt8(ascii: "o"), UInt8(ascii: "p"), 97, 11]
        let envelope = try Self.envelope(payload)
        return envelope.data.map { Array(payload[$0]) }
    }
}

/// Any value, as a `Decodable` type finds it.
enum Tree: Decodable, Equatable {
    case null
    case bool(Bool)
    case string(String)
    case integer(Int64)
    case double(Double)
    case array([Tree])
    case object([String: Tree])

    init(from decoder: any Decoder) throws {
        if let fields = try? decoder.container(keyedBy: Key.self) {
            self = .object(Dictionary(uniqueKeysWithValues: try fields.allKeys.map { ($0.stringValue, try fields.decode(Tree.self, forKey: $0)) }))
        } else if var elements = try? decoder.unkeyedContainer() {
            var array: [Tree] = []
            while !elements.isAtEnd { array.append(try elements.decode(Tree.self)) }
            self = .array(array)
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let flag = try? value.decode(Bool.self) {
                self = .bool(flag)
            } else if let text = try? value.decode(String.self) {
                self = .string(text)
            } else if let number = try? value.decode(Int64.self) {
                self = .integer(number)
            } else {
                self = .double(try value.decode(Double.self))
            }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
