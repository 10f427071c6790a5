import Foundation
import GatewayModel
import Testing

@Suite("The ETF decoder") struct ETFDecoderTests {
    struct Message: Codable, Equatable {
        struct Author: Codable, Equatable {
            var id: String
            var bot: Bool?
        }

        var id: String
        var author: Author
        var content: String
        var type: UInt8
        var score: Double
        var nonce: String?
        var missing: Int?
        var mentions: [Author]
        var counts: [String: Int]
        var bytes: [UInt8]
    }

    static let fields: PayloadValue = [
        "id": 1_163_468_382_364_254_208, "author": ["id": 7_777_777_777_777_777_777, "bot": true], "content": "hé\n\"", "type": 19, "score": 3,
        "nonce": nil, "mentions": [["id": "12"]], "counts": ["a": 1, "b": -70_000], "bytes": [1, 2, 3],
    ]

    @Test("decodes synthesized types as JSONDecoder does from JSON, ids as numbers too") func synthesized() throws {
        let etf = PayloadCodec.etf.encode(op: 0, data: Self.fields)
        let message = try ETFDecoder().decode(Payload<Message>.self, from: etf).d
        #expect(
            message
                == Message(
                    id: "1163468382364254208", author: .init(id: "7777777777777777777", bot: true), content: "hé\n\"", type: 19, score: 3, nonce: nil,
                    missing: nil, mentions: [.init(id: "12")], counts: ["a": 1, "b": -70_000], bytes: [1, 2, 3]))
        #expect(try JSONDecoder().decode(Payload<Message>.self, from: Data(ETF.json(etf).utf8)).d == message)
    }

    struct Payload<Data: Decodable>: Decodable {
        var d: Data
    }

    @Test("reads a small number as no string, a string as no number, and an id as either") func conversions() throws {
        func read<Value: Decodable>(_ type: Value.Type, _ value: PayloadValue) throws -> Value {
            try ETFDecoder().decode(Payload<Value>.self, from: PayloadCodec.etf.encode(op: 0, data: value)).d
        }
        #expect(throws: DecodingError.self) { try read(String.self, 7) }
        #expect(throws: DecodingError.self) { try read(String.self, 9_007_199_254_740_991) }
        #expect(try read(String.self, 9_007_199_254_740_992) == "9007199254740992")
        #expect(try read(UInt64.self, 9_007_199_254_740_992) == 9_007_199_254_740_992)
        #expect(throws: DecodingError.self) { try read(Int.self, "7") }
        #expect(throws: DecodingError.self) { try read(UInt8.self, 256) }
        #expect(throws: DecodingError.self) { try read(UInt.self, -1) }
        #expect(throws: DecodingError.self) { try read(Bool.self, 1) }
        #expect(throws: DecodingError.self) { try read([Int].self, "x") }
        #expect(throws: DecodingError.self) { try read(String.self, nil) }
        #expect(try read(Int?.self, nil) == .some(nil))
        #expect(try ETFDecoder().decode(Int.self, from: [131, 70, 0x40, 0x08, 0, 0, 0, 0, 0, 0]) == 3)
        #expect(throws: DecodingError.self) { try ETFDecoder().decode(Int.self, from: [131, 70, 0x40, 0x09, 0, 0, 0, 0, 0, 0]) }
        #expect(throws: DecodingError.self) { try ETFDecoder().decode(Float.self, from: [131, 70, 0x7F, 0xE0, 0, 0, 0, 0, 0, 0]) }
        #expect(try ETFDecoder().decode(UInt64.self, from: [110, 8, 0] + [UInt8](repeating: 0xFF, count: 8)) == .max)
    }

    @Test("says where a value is wrong") func codingPath() throws {
        let etf = PayloadCodec.etf.encode(op: 0, data: ["author": ["id": false]])
        struct Event: Decodable {
            var author: Message.Author
        }
        #expect {
            try ETFDecoder().decode(Payload<Event>.self, from: etf)
        } throws: { error in
            guard case DecodingError.typeMismatch(_, let context) = error else { return false }
            return context.codingPath.map(\.stringValue) == ["d", "author", "id"]
        }
    }

    @Test("hands on its user info, and nests containers and super decoders as asked") func containers() throws {
        struct Custom: Decodable {
            enum Keys: String, CodingKey { case list, map, `super` }
            var sum = 0
            var name: String?

            init(from decoder: any Decoder) throws {
                self.name = decoder.userInfo[.name] as? String
                let fields = try decoder.container(keyedBy: Keys.self)
                var list = try fields.nestedUnkeyedContainer(forKey: .list)
                let count = list.count
                var inner = try list.nestedUnkeyedContainer()
                while !inner.isAtEnd { self.sum += try inner.decode(Int.self) }
                let isNull = try list.decodeNil()
                let object = try list.nestedContainer(keyedBy: Keys.self)
                self.sum += try object.decode(Int.self, forKey: .map) + (isNull ? 1000 : 0) + (count ?? 0) * 10_000
                self.sum += try Int(from: list.superDecoder()) * 100_000
                self.sum += try Int(from: fields.superDecoder())
            }
        }
        var decoder = ETFDecoder()
        decoder.userInfo[.name] = "muster"
        let value: PayloadValue = ["list": [[1, 2, 300], nil, ["map": 5], 4], "super": 6]
        let custom = try decoder.decode(Payload<Custom>.self, from: PayloadCodec.etf.encode(op: 0, data: value)).d
        #expect(custom.sum == 303 + 5 + 1000 + 40_000 + 400_000 + 6)
        #expect(custom.name == "muster")
    }
}

extension CodingUserInfoKey {
    fileprivate static let name = CodingUserInfoKey(rawValue: "name")!
}
