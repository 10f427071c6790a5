import ClusterTestKit
import Foundation
import GatewayModel
import Testing

@Suite("The payload codec") struct PayloadCodecTests {
    @Test("writes payloads that its own scan, and any JSON parser, reads back to the same values", arguments: [PayloadCodec.json, .etf])
    func roundTrip(codec: PayloadCodec) throws {
        struct Payload: Decodable {
            var op: Int
            var d: Tree
        }
        for seed in UInt64(0)..<500 {
            var random = SeededGenerator(seed: seed)
            let value = PayloadValue.random(depth: 4, using: &random)
            let bytes = codec.encode(op: 3, data: value)
            let envelope = try bytes.withUnsafeBytes { try codec.envelope($0) }
            #expect(envelope.op == 3 && envelope.sequence == nil && envelope.type == nil)
            let payload =
                switch codec {
                case .json: try JSONDecoder().decode(Payload.self, from: Data(bytes))
                case .etf: try ETFDecoder().decode(Payload.self, from: bytes)
                }
            #expect(payload.d == value.tree(areIDsTexts: codec == .etf), "replay with seed \(seed)")
            #expect(payload.op == 3)
        }
    }

    @Test("writes these bytes: keys are never atoms, which Discord refuses") func bytes() {
        #expect(
            String(decoding: PayloadCodec.json.encode(op: 1, data: ["a\"\\\n\u{1F}é": [nil, true, -1, "x"]]), as: UTF8.self)
                == #"{"op":1,"d":{"a\"\\\u000a\u001fé":[null,true,-1,"x"]}}"#)
        #expect(
            PayloadCodec.etf.encode(op: 1, data: ["k": [nil, true, false, -1, 255, 256, 4_294_967_296, .integer(.min), "é", []]])
                == [131, 116, 0, 0, 0, 2, 109, 0, 0, 0, 2] + Array("op".utf8) + [97, 1, 109, 0, 0, 0, 1] + Array("d".utf8)
                + [116, 0, 0, 0, 1, 109, 0, 0, 0, 1] + Array("k".utf8) + [108, 0, 0, 0, 10, 119, 3] + Array("nil".utf8) + [119, 4] + Array("true".utf8)
                + [119, 5] + Array("false".utf8) + [98, 0xFF, 0xFF, 0xFF, 0xFF, 97, 255, 98, 0, 0, 1, 0, 110, 5, 0, 0, 0, 0, 0, 1]
                + [110, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0x80, 109, 0, 0, 0, 2] + Array("é".utf8) + [106, 106])
    }

    @Test("finds op, s, t and d in ETF, whatever the kind of its keys and their order") func envelope() throws {
        let keys: [(String) -> [UInt8]] = [
            { [100, 0, UInt8($0.utf8.count)] + Array($0.utf8) }, { [115, UInt8($0.utf8.count)] + Array($0.utf8) },
            { [118, 0, UInt8($0.utf8.count)] + Array($0.utf8) }, { [119, UInt8($0.utf8.count)] + Array($0.utf8) },
            { [109, 0, 0, 0, UInt8($0.utf8.count)] + Array($0.utf8) },
        ]
        let data = PayloadCodec.etf.encode(op: 7, data: ["s": 1, "t": "no"]).dropFirst()
        for key in keys {
            let name = key("MESSAGE_CREATE")
            let fields: [[UInt8]] = [
                key("op") + [97, 0], key("s") + [98, 0, 0, 1, 0], key("t") + name, key("d") + data, key("x") + [104, 2, 97, 1] + name, [97, 9, 97, 9],
            ]
            for rotation in fields.indices {
                let payload: [UInt8] = [131, 116, 0, 0, 0, 6] + Array((fields[rotation...] + fields[..<rotation]).joined())
                let envelope = try ETF.envelope(payload)
                #expect(envelope.op == 0)
                #expect(envelope.sequence == 256)
                #expect(envelope.type == "MESSAGE_CREATE")
                #expect(envelope.data.map { Array(payload[$0]) } == Array(data))
            }
        }
        let hello = Self.map([("op", [97, 10]), ("s", [119, 3] + Array("nil".utf8)), ("t", [100, 0, 4] + Array("null".utf8))])
        #expect(try ETF.envelope(hello) == GatewayEnvelope(op: 10, sequence: nil, type: nil, data: nil))
        let large = Self.map([("op", [97, 0]), ("s", [110, 8, 0] + [UInt8](repeating: 0xFF, count: 7) + [0x7F])])
        #expect(try ETF.envelope(large).sequence == .max)
    }

    static let refused: [([(String, [UInt8])], EnvelopeError)] = [
        ([], .badOpcode), ([("op", [98, 0, 0, 1, 0])], .badOpcode), ([("op", [98, 0xFF, 0xFF, 0xFF, 0xFF])], .badOpcode),
        ([("op", [109, 0, 0, 0, 1, 48])], .badOpcode), ([("op", [106])], .badOpcode), ([("op", [97, 0]), ("s", [98, 0xFF, 0xFF, 0xFF, 0xFF])], .badSequence),
        ([("op", [97, 0]), ("s", [110, 8, 0] + [UInt8](repeating: 0xFF, count: 8))], .badSequence),
        ([("op", [97, 0]), ("s", [109, 0, 0, 0, 1, 49])], .badSequence),
        ([("op", [97, 0]), ("t", [97, 7])], .badType), ([("op", [97, 0]), ("t", [116, 0, 0, 0, 0])], .badType),
    ]

    @Test("refuses envelopes as it does in JSON", arguments: Self.refused) func refuses(fields: [(String, [UInt8])], error: EnvelopeError) {
        #expect(throws: error) { try ETF.envelope(Self.map(fields)) }
    }

    @Test("refuses what is no map, or not all of the bytes") func shapes() {
        #expect(throws: EnvelopeError.truncated) { try ETF.envelope([]) }
        #expect(throws: EnvelopeError.badVersion) { try ETF.envelope(Array(#"{"op":11}"#.utf8)) }
        #expect(throws: EnvelopeError.notAnObject) { try ETF.envelope([131, 106]) }
        #expect(throws: EnvelopeError.trailingBytes(at: 15)) { try ETF.envelope(Self.map([("op", [97, 11])]) + [0]) }
    }

    @Test("survives every truncation and any damage of ETF") func damage() throws {
        let payload = ETFVector.erlang.last!.etf
        for length in 0..<payload.count { #expect(throws: EnvelopeError.self) { try ETF.envelope(Array(payload[..<length])) } }
        var random = SeededGenerator(seed: 7)
        var accepted = 0
        for _ in 0..<20_000 {
            var damaged = payload
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 1..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            // The scan that passes over terms and the one that reads them accept the same.
            let json = try? ETF.json(damaged)
            let tree = try? ETFDecoder().decode(Tree.self, from: damaged)
            #expect((json == nil) == (tree == nil))
            guard let json else { continue }
            accepted += 1
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed) }
        }
        #expect(accepted > 1000)
    }

    @Test("reads HELLO's interval, READY's session and op 9's flag out of ETF, and nothing else for them") func data() {
        func interval(_ data: [UInt8]) -> Duration? { data.withUnsafeBytes { PayloadCodec.etf.heartbeatInterval($0) } }
        func term(_ value: PayloadValue) -> [UInt8] { Array(PayloadCodec.etf.encode(op: 0, data: value).dropFirst(21)) }
        #expect(interval(term(["_trace": ["x"], "heartbeat_interval": 41250])) == .milliseconds(41250))
        #expect(interval(term(["heartbeat_interval": "41250"])) == nil)
        #expect(interval(term(["heartbeat_interval": [41250]])) == nil)
        #expect(interval(term(["heartbeat_interval": .integer(.max)])) == .milliseconds(1 << 40))
        #expect(interval([106]) == nil && interval([]) == nil)

        func ready(_ value: PayloadValue) -> String? {
            term(value).withUnsafeBytes { PayloadCodec.etf.ready($0).map { "\($0.sessionID) \($0.resumeGatewayURL)" } }
        }
        #expect(ready(["v": 10, "user": ["session_id": "no"], "session_id": "abc", "resume_gateway_url": "wss://r"]) == "abc wss://r")
        #expect(ready(["session_id": "", "resume_gateway_url": "x"]) == nil)
        #expect(ready(["session_id": "abc", "resume_gateway_url": 7]) == nil)
        #expect(ready(["session_id": .string(String(repeating: "a", count: 129)), "resume_gateway_url": "x"]) == nil)

        func isResumable(_ value: PayloadValue) -> Bool? { term(value).withUnsafeBytes { PayloadCodec.etf.isResumable($0) } }
        #expect(isResumable(true) == true && isResumable(false) == false && isResumable(1) == nil && isResumable("true") == nil)
    }

    private static func map(_ fields: [(String, [UInt8])]) -> [UInt8] {
        [131, 116, 0, 0, 0, UInt8(fields.count)] + fields.flatMap { [109, 0, 0, 0, UInt8($0.0.utf8.count)] + Array($0.0.utf8) + $0.1 }
    }
}

extension PayloadValue {
    fileprivate static func random(depth: Int, using random: inout SeededGenerator) -> PayloadValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .integer(.random(in: -300...300, using: &random))
        case 3: .integer(Int64(truncatingIfNeeded: UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...63, using: &random)))
        case 4, 5: .string(Self.text(using: &random))
        case 6: .array((0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            .object(
                (0..<Int.random(in: 0...4, using: &random)).map {
                    Field(key: "\($0)" + Self.text(using: &random), value: .random(depth: depth - 1, using: &random))
                })
        }
    }

    private static func text(using random: inout SeededGenerator) -> String {
        let letters: [Character] = ["a", "\"", "\\", "\n", "\u{0}", "\u{7F}", "é", "Ж", "漢", "😀", "/", "}"]
        return String((0..<Int.random(in: 0...20, using: &random)).map { _ in letters.randomElement(using: &random)! })
    }

    /// - Parameter areIDsTexts: whether a large number reads as a text, as out of ETF.
    fileprivate func tree(areIDsTexts: Bool) -> Tree {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): areIDsTexts && number.magnitude >= 1 << 53 ? .string("\(number)") : .integer(number)
        case .string(let text): .string(text)
        case .array(let values): .array(values.map { $0.tree(areIDsTexts: areIDsTexts) })
        case .object(let fields):
            .object(Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0.value.tree(areIDsTexts: areIDsTexts)) }))
        }
    }
}
