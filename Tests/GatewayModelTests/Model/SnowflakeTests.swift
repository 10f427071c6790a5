import Foundation
import GatewayModel
import Testing

@Suite("Snowflakes") struct SnowflakeTests {
    @Test(
        "read digits, and nothing else",
        arguments: [
            ("0", 0), ("175928847299117063", 175_928_847_299_117_063), ("18446744073709551615", UInt64.max), ("18446744073709551616", nil), ("", nil),
            ("-1", nil),
            ("+1", nil), (" 1", nil), ("1 ", nil), ("1a", nil), ("0x1", nil),
        ] as [(String, UInt64?)])
    func text(text: String, expected: UInt64?) {
        #expect(Snowflake(text)?.rawValue == expected)
    }

    @Test("decode from strings and integers, and are written as strings") func coding() throws {
        let ids = try JSONDecoder().decode([Snowflake].self, from: Data(#"["175928847299117063",175928847299117063,18446744073709551615]"#.utf8))
        #expect(ids == [175_928_847_299_117_063, 175_928_847_299_117_063, Snowflake(UInt64.max)])
        #expect(String(decoding: try JSONEncoder().encode(ids.prefix(1).map { $0 }), as: UTF8.self) == #"["175928847299117063"]"#)
    }

    @Test("refuse what is no id", arguments: [#"[-1]"#, #"["x"]"#, #"[null]"#, #"[true]"#, #"[1.5]"#, #"[[]]"#]) func refuse(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Snowflake].self, from: Data(json.utf8)) }
    }

    @Test("tell when they were made: the example of Discord's reference") func time() {
        #expect(Snowflake(175_928_847_299_117_063).millisecondsSince1970 == 1_462_015_105_796)
    }
}
