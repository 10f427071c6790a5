import GatewayModel
import Testing

@testable import muster

@Suite("The options of `muster send`")
struct SendCommandTests {
    private static let data = #"{"guild_id": "81384788765712384"}"#

    @Test("become the body of the request, and say how long to wait")
    func given() async throws {
        let plain = try await SendCommand.request(SettingsTests.settings(of: SendCommand.self, flags: ["op": "8", "data": Self.data]))
        #expect(plain.limit == .seconds(30))
        #expect(
            plain.body == ["op": 8, "d": ["guild_id": "81384788765712384"], "guild_id": nil, "shard": nil, "within_seconds": 30])
        let chosen = try await SendCommand.request(SettingsTests.settings(of: SendCommand.self, flags: ["op": "8", "data": "{}", "shard": "7", "for": "1m"]))
        #expect(chosen.body == ["op": 8, "d": [:], "guild_id": nil, "shard": 7, "within_seconds": 60])
        let guild = try await SendCommand.request(SettingsTests.settings(of: SendCommand.self, flags: ["op": "8", "data": "{}", "guild": "5"]))
        #expect(guild.body == ["op": 8, "d": [:], "guild_id": "5", "shard": nil, "within_seconds": 30])
    }

    @Test(
        "are refused in the words of the command line",
        arguments: [
            (["data": "{}"], "`--op` is missing"), (["op": "8"], "`--data` is missing"), (["op": "256", "data": "{}"], "`op` cannot be `256`"),
            (["op": "8", "data": "{"], "`data` cannot be `{`"), (["op": "8", "data": "{}", "guild": "x"], "`guild` cannot be `x`"),
            (["op": "8", "data": "{}", "shard": "100000"], "`shard` cannot be `100000`"),
            (["op": "8", "data": "{}", "guild": "5", "shard": "1"], "`--guild` and `--shard` are both given"),
            (["op": "8", "data": "{}", "for": "1500ms"], "`for` cannot be `1500ms`"), (["op": "8", "data": "{}", "for": "61s"], "`for` cannot be `61s`"),
        ])
    func refused(flags: [String: String], what: String) async {
        let mistake = await #expect(throws: OperatorMistake.self) { try SendCommand.request(await SettingsTests.settings(of: SendCommand.self, flags: flags)) }
        #expect(mistake?.what == what)
    }
}
