import GatewayModel
import Testing

@testable import muster

@Suite("The options of `muster presence`")
struct PresenceCommandTests {
    @Test("become a presence, for all shards or for some")
    func given() async throws {
        let nothing = try await SettingsTests.settings(of: PresenceCommand.self, flags: [:])
        #expect(try PresenceCommand.presence(nothing) == Presence())
        #expect(try PresenceCommand.shards(nothing) == nil)
        let stream = try await SettingsTests.settings(
            of: PresenceCommand.self,
            flags: ["status": "dnd", "activity": "chess", "activity-type": "streaming", "url": "https://twitch.tv/a", "afk": "true", "shards": "0-2,7,1"])
        #expect(
            try PresenceCommand.presence(stream) == Presence(activities: [.streaming("chess", url: "https://twitch.tv/a")], status: .dnd, afk: true))
        #expect(try PresenceCommand.shards(stream) == [0, 1, 2, 7])
    }

    @Test(
        "are refused where they could not be seen",
        arguments: [
            (["activity-type": "watching"], "`--activity` is missing"), (["url": "https://twitch.tv/a"], "`--url` is not used"),
            (["activity": "chess", "url": "https://twitch.tv/a"], "`--url` is not used"), (["status": "away"], "`status` cannot be `away`"),
            (["activity": ""], "an activity has no name"), (["activity": "chess", "activity-type": "streaming"], "a streaming activity has no usable URL"),
        ])
    func refused(flags: [String: String], what: String) async {
        let error = await #expect(throws: (any Error).self) {
            try PresenceCommand.presence(await SettingsTests.settings(of: PresenceCommand.self, flags: flags))
        }
        #expect((error as? any OperatorError)?.explanation.what == what)
    }
}
