import GatewayModel
import Testing

@Suite("Intents") struct IntentsTests {
    @Test("are read from names or a number", arguments: [("GUILDS,GUILD_MESSAGES", UInt64(513)), (" guilds , Guild_Members ", 3), ("513", 513), ("0", 0)])
    func parsing(text: String, bits: UInt64) throws {
        #expect(try Intents(parsing: text).rawValue == bits)
    }

    @Test("say what is wrong with them", arguments: ["", " , ", "GUILD", "GUILDS,513", "-1", "131072", "18446744073709551616"]) func mistakes(text: String) {
        #expect(throws: OperatorMistake.self) { try Intents(parsing: text) }
    }

    @Test("have names that can be read again") func names() throws {
        #expect(try Intents(parsing: Intents.all.names) == .all)
    }

    @Test("are refused where Discord does not define a bit of them", arguments: [17, 18, 19, 22, 23, 26, 63]) func undefined(bit: Int) {
        let intents = Intents.guilds.union(Intents(rawValue: 1 << UInt64(bit)))
        #expect(intents.undefined == Intents(rawValue: 1 << UInt64(bit)))
        #expect(throws: OperatorMistake.self) { try intents.check() }
        #expect(throws: Never.self) { try Intents.all.check() }
    }
}
