import Testing

@testable import GatewayModel

@Suite("Payload values of JSON")
struct PayloadValueJSONTests {
    @Test(
        "are read as they are written",
        arguments: [
            ("null", .null), ("true", true), (" -7 ", -7), ("9223372036854775807", .integer(.max)), (#""a\u00e9\ud83d\ude00\n""#, "aé😀\n"), ("[]", []),
            (#"[1,[null,"x"]]"#, [1, [nil, "x"]]), ("{}", [:]), (#"{ "b" : 1 , "a" : {"c":[]} }"#, ["b": 1, "a": ["c": []]]),
        ] as [(String, PayloadValue)])
    func reads(_ text: String, _ value: PayloadValue) throws {
        #expect(try PayloadValue(json: Array(text.utf8)) == value)
        #expect(try PayloadValue(json: value.json) == value)
    }

    @Test(
        "are refused where something would be lost",
        arguments: [
            "", "1.5", "1e3", "9223372036854775808", "tru", "{", "[1,]", "[1 2]", #"{"a":1,}"#, #"{"a" 1}"#, #"{"a":1,"a":2}"#, #"{1:2}"#, "1 2", #""\x""#,
            #""open"#,
        ])
    func refuses(_ text: String) {
        #expect(throws: EnvelopeError.self) { try PayloadValue(json: Array(text.utf8)) }
    }

    @Test("may nest as deep as an envelope, and not deeper")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] { Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8) }
        #expect(try PayloadValue(json: nested(JSONCursor.maxDepth)).json == nested(JSONCursor.maxDepth))
        #expect(throws: EnvelopeError.self) { try PayloadValue(json: nested(JSONCursor.maxDepth + 1)) }
        #expect(throws: EnvelopeError.self) { try PayloadValue(json: nested(1_000_000)) }
    }

    @Test("that are no UTF-8 are refused")
    func utf8() {
        #expect(throws: EnvelopeError.self) { try PayloadValue(json: [0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: EnvelopeError.self) { try PayloadValue(json: [0x22, 0xFF, 0x22]) }
    }
}
