import GatewayModel
import Testing

@Suite("A payload's data as JSON") struct PayloadJSONTests {
    private static func read(_ text: String) throws(EnvelopeError) -> PayloadValue { try PayloadValue(json: Array(text.utf8)) }

    @Test("it reads back what it writes") func roundTrip() throws {
        let value: PayloadValue = [
            "null": .null, "flags": [true, false], "numbers": [0, .integer(.max), .integer(.min + 1)], "text": "é \"\\ 🦊 \n\u{0}", "empty": [:], "": [[[]]],
        ]
        #expect(try PayloadValue(json: value.json) == value)
    }

    @Test("order is kept, space is passed over, escapes are resolved") func reads() throws {
        let value = try Self.read(" { \"b\" : [ 1 , \"\\u00e9\\ud83e\\udd8a\" ] , \"a\" : null } ")
        #expect(value == .object([.init(key: "b", value: [1, "é🦊"]), .init(key: "a", value: .null)]))
    }

    @Test(
        "anything else is refused",
        arguments: [
            ("", EnvelopeError.truncated), ("{", .truncated), ("[1,]", .unexpectedByte(at: 3)), ("1.5", .unexpectedByte(at: 0)),
            ("1e3", .unexpectedByte(at: 0)), ("99999999999999999999", .unexpectedByte(at: 0)), ("{} ,", .trailingBytes(at: 3)),
            (#"{"a":1,"a":2}"#, .unexpectedByte(at: 7)), ("nul", .truncated), ("{1:2}", .unexpectedByte(at: 1)),
            (String(repeating: "[", count: 129), .tooDeep(at: 128)), (String(repeating: #"{"a":"#, count: 129), .tooDeep(at: 640)),
        ])
    func refuses(text: String, error: EnvelopeError) {
        #expect(throws: error) { try Self.read(text) }
    }

    @Test("bytes that are no UTF-8 are refused") func noText() {
        #expect(throws: EnvelopeError.invalidUTF8(at: 1)) { try PayloadValue(json: [0x22, 0xFF, 0x22]) }
    }

    @Test("128 levels are read") func deep() throws {
        #expect(try Self.read(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)).json.count == 256)
    }

    @Test("D19: a presence reads back from its own data") func presence() throws {
        let presence = Presence(
            since: 7, activities: [.playing("a"), .streaming("b", url: "https://twitch.tv/b"), .custom("c")], status: .invisible, afk: true)
        #expect(try Presence(payload: presence.data) == presence)
        #expect(try Presence(payload: Self.read(#"{"activities":[{"name":"a","type":3}]}"#)) == Presence(activities: [.watching("a")]))
        #expect(try Presence(payload: [:]) == Presence())
    }

    @Test(
        "what is no presence is refused by its field",
        arguments: [
            ("[]", "a presence is no object"), (#"{"status":"away"}"#, "`status` is \"away\""), (#"{"status":1}"#, "`status` cannot be used"),
            (#"{"game":{}}"#, "`game` cannot be used"), (#"{"activities":[1]}"#, "an activity is no object"),
            (#"{"activities":[{"name":"a","emoji":{}}]}"#, "`emoji` cannot be used"), (#"{"since":"now"}"#, "`since` cannot be used"),
        ])
    func noPresence(text: String, what: String) throws {
        let value = try Self.read(text)
        #expect {
            _ = try Presence(payload: value)
        } throws: { ($0 as? OperatorMistake)?.what == what }
    }
}
