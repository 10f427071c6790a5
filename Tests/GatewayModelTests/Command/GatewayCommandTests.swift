import GatewayModel
import Testing

/// What each command puts on the wire. Defects 20 and 46 of the seed systems: a removed key, and commands with opcode 0.
@Suite("Payloads of commands") struct GatewayCommandTests {
    @Test("D19, defect 20: a presence has all four fields, and activities, never game") func presence() {
        let command = GatewayCommand.updatePresence(Presence())
        #expect(command.op == 3)
        #expect(command.data == ["since": nil, "activities": [], "status": "online", "afk": false])
        #expect(command.guildID == nil)
        let idle = Presence(since: 91_879_201, activities: [.playing("Chess"), .custom("Thinking")], status: .idle, afk: true)
        #expect(
            GatewayCommand.updatePresence(idle).data == [
                "since": 91_879_201,
                "activities": [["name": "Chess", "type": 0], ["name": "Custom Status", "type": 4, "state": "Thinking"]], "status": "idle", "afk": true,
            ])
    }

    @Test("a status goes out under Discord's name", arguments: zip(Presence.Status.allCases, ["online", "dnd", "idle", "invisible", "offline"]))
    func status(status: Presence.Status, name: String) {
        #expect(GatewayCommand.updatePresence(Presence(status: status)).data.field("status") == .string(name))
    }

    static let activities: [(Activity, PayloadValue)] = [
        (Activity.playing("a"), ["name": "a", "type": 0]),
        (.streaming("a", url: "https://twitch.tv/b"), ["name": "a", "type": 1, "url": "https://twitch.tv/b"]),
        (.listening(to: "a"), ["name": "a", "type": 2]),
        (.watching("a"), ["name": "a", "type": 3]),
        (.custom("a"), ["name": "Custom Status", "type": 4, "state": "a"]),
        (.competing(in: "a"), ["name": "a", "type": 5]),
        (Activity(name: "a", kind: Activity.Kind(rawValue: 77), state: "b", url: "c"), ["name": "a", "type": 77, "state": "b", "url": "c"]),
    ]

    @Test(
        "D20: an activity of any type",
        arguments: Self.activities)
    func activity(activity: Activity, expected: PayloadValue) throws {
        let command = GatewayCommand.updatePresence(Presence(activities: [activity]))
        try command.check()
        #expect(command.data.field("activities") == [expected])
    }

    @Test("D22: joining and leaving voice") func voice() {
        let join = GatewayCommand.updateVoiceState(VoiceStateUpdate(guildID: 41_771_983_423_143_937, channelID: 127_121_515_262_115_840, selfDeaf: true))
        #expect(join.op == 4)
        #expect(
            join.data == ["guild_id": "41771983423143937", "channel_id": "127121515262115840", "self_mute": false, "self_deaf": true])
        #expect(join.guildID == 41_771_983_423_143_937)
        let leave = GatewayCommand.updateVoiceState(VoiceStateUpdate(guildID: 1, channelID: nil, selfMute: true))
        #expect(leave.data == ["guild_id": "1", "channel_id": nil, "self_mute": true, "self_deaf": false])
    }

    static let requests: [(GuildMembersRequest, PayloadValue)] = [
        (GuildMembersRequest(guildID: 5), ["guild_id": "5", "query": "", "limit": 0]),
        (
            GuildMembersRequest(guildID: 5, .prefix("ab", limit: 100), presences: true, nonce: "n"),
            ["guild_id": "5", "query": "ab", "limit": 100, "presences": true, "nonce": "n"]
        ),
        (GuildMembersRequest(guildID: 5, .users([7]), nonce: "n"), ["guild_id": "5", "user_ids": ["7"], "nonce": "n"]),
        (GuildMembersRequest(guildID: 5, .users([7, 18_446_744_073_709_551_615])), ["guild_id": "5", "user_ids": ["7", "18446744073709551615"]]),
    ]

    @Test(
        "D21: asking for members, by every field",
        arguments: Self.requests)
    func members(request: GuildMembersRequest, expected: PayloadValue) throws {
        let command = GatewayCommand.requestGuildMembers(request)
        try command.check()
        #expect(command.op == 8)
        #expect(command.data == expected)
        #expect(command.guildID == 5)
    }

    @Test("soundboard sounds, channel info, and anything raw") func others() throws {
        let sounds = GatewayCommand.requestSoundboardSounds(guildIDs: [3, 4])
        #expect(sounds.op == 31)
        #expect(sounds.data == ["guild_ids": ["3", "4"]])
        #expect(sounds.guildID == 3)
        let info = GatewayCommand.requestChannelInfo(guildID: 3, fields: ChannelInfoField.all)
        #expect(info.op == 43)
        #expect(info.data == ["guild_id": "3", "fields": ["status", "voice_start_time"]])
        #expect(info.guildID == 3)
        let raw = GatewayCommand.raw(op: 99, data: ["guild_id": "12", "x": [1, nil, true]])
        try raw.check()
        #expect(raw.op == 99)
        #expect(raw.data == ["guild_id": "12", "x": [1, nil, true]])
        #expect(raw.guildID == 12)
        #expect(GatewayCommand.raw(op: 99, data: ["guild_id": 12]).guildID == 12)
        #expect(GatewayCommand.raw(op: 99, data: ["guild_id": "x"]).guildID == nil)
        #expect(GatewayCommand.raw(op: 99, data: nil).guildID == nil)
        #expect(GatewayCommand.raw(op: 31, data: ["guild_ids": ["3", 4]]).guildID == 3)
        #expect(GatewayCommand.raw(op: 31, data: ["guild_ids": "3"]).guildID == nil)
        #expect(GatewayCommand.raw(op: 99, data: ["guild_ids": ["3"]]).guildID == nil, "what its data means is not known")
    }

    @Test("defect 46: no command has the opcode of a dispatch") func opcodes() {
        let commands: [GatewayCommand] = [
            .updatePresence(Presence()), .updateVoiceState(VoiceStateUpdate(guildID: 1, channelID: nil)), .requestGuildMembers(GuildMembersRequest(guildID: 1)),
            .requestSoundboardSounds(guildIDs: [1]), .requestChannelInfo(guildID: 1, fields: [.status]),
        ]
        #expect(commands.map(\.op) == [3, 4, 8, 31, 43])
    }

    @Test(
        "D24: the shard that owns a guild, by the examples of the reference",
        arguments: [
            (613_425_648_685_547_541, [0, 2, 4, 8, 24, 56]), (81_384_788_765_712_384, [0, 1, 3, 2, 2, 2]),
            (308_994_132_968_210_433, [1, 2, 3, 5, 21, 53]),
        ] as [(UInt64, [Int])])
    func routing(guildID: UInt64, shards: [Int]) throws {
        let guild = try #require(GatewayCommand.requestGuildMembers(GuildMembersRequest(guildID: Snowflake(guildID))).guildID)
        #expect([2, 3, 5, 16, 32, 64].map { ShardID(ofGuild: guild, numShards: $0).rawValue } == shards)
    }
}

extension PayloadValue {
    func field(_ key: String) -> PayloadValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key == key }?.value
    }
}
