import GatewayModel
import Testing

@testable import ClusterModel

@Suite("A command for the cluster") struct CommandRequestTests {
    private static let guild = Snowflake(5 << 22)
    private static let voice = GatewayCommand.updateVoiceState(VoiceStateUpdate(guildID: guild, channelID: nil))

    @Test(
        "D24: its shard is (guild >> 22) % num_shards, whoever names the guild",
        arguments: [
            CommandRequest(Self.voice), CommandRequest(Self.voice, to: .guild(Self.guild)), CommandRequest(Self.voice, to: .shard(ShardID(1))),
            CommandRequest(.raw(op: 8, data: ["guild_id": "20971520"])), CommandRequest(.raw(op: 31, data: ["guild_ids": ["20971520", "4194304"]])),
            CommandRequest(.raw(op: 200, data: .null), to: .shard(ShardID(1))),
            CommandRequest(.raw(op: 200, data: .null), to: .guild(Snowflake(1 << 22)), within: .seconds(60)),
        ])
    func routes(request: CommandRequest) throws {
        #expect(try request.route(numShards: 4).shard(of: 4) == ShardID(1))
    }

    @Test(
        "what no shard could send is refused before it is told",
        arguments: [
            (CommandRequest(Self.voice, within: .milliseconds(999)), "a command cannot wait 0.999 s"),
            (CommandRequest(Self.voice, within: .seconds(61)), "a command cannot wait 61.0 s"),
            (CommandRequest(.updatePresence(Presence()), to: .shard(ShardID(0))), "a presence is no command for one moment"),
            (CommandRequest(.raw(op: 3, data: [:]), to: .shard(ShardID(0))), "a presence is no command for one moment"),
            (CommandRequest(.raw(op: 2, data: [:]), to: .shard(ShardID(0))), "op 2 is not for commands"),
            (CommandRequest(.raw(op: 10, data: [:]), to: .shard(ShardID(0))), "op 10 is not for commands"),
            (CommandRequest(.raw(op: 256, data: [:]), to: .shard(ShardID(0))), "op 256 with this data cannot be sent"),
            (CommandRequest(.raw(op: -1, data: [:]), to: .shard(ShardID(0))), "op -1 with this data cannot be sent"),
            (CommandRequest(.raw(op: 200, data: [:])), "the command has no target"),
            (CommandRequest(.raw(op: 200, data: [:]), to: .shard(ShardID(4))), "shard 4 does not exist"),
            (CommandRequest(.raw(op: 200, data: [:]), to: .shard(ShardID(-1))), "shard -1 does not exist"),
            (CommandRequest(Self.voice, to: .shard(ShardID(2))), "guild 20971520 is not on shard 2"),
            (CommandRequest(Self.voice, to: .guild(Snowflake(2 << 22))), "guild 20971520 is not on shard 2"),
            (CommandRequest(.requestSoundboardSounds(guildIDs: [Self.guild, Snowflake(2 << 22)])), "guild 8388608 is not on shard 1"),
            (CommandRequest(.raw(op: 31, data: ["guild_ids": ["20971520", 8_388_608]]), to: .shard(ShardID(1))), "guild 8388608 is not on shard 1"),
            (CommandRequest(.raw(op: 31, data: ["guild_ids": "20971520"])), "the command has no target"),
            (CommandRequest(.requestSoundboardSounds(guildIDs: [])), "a request for soundboard sounds names no guild"),
        ])
    func refuses(request: CommandRequest, what: String) {
        #expect {
            _ = try request.route(numShards: 4)
        } throws: { error in
            guard case .invalid(let mistake)? = error as? CommandFailure else { return false }
            return mistake.what == what && !mistake.why.isEmpty && !mistake.fix.isEmpty
        }
    }

    @Test("4096 bytes may go, in the larger encoding, and one more may not") func size() throws {
        func request(_ bytes: Int) -> CommandRequest {
            CommandRequest(.raw(op: 200, data: .string(String(repeating: "x", count: bytes))), to: .shard(ShardID(0)))
        }
        let fixed = CommandRequest.encodedBytes(of: request(0).command)
        _ = try request(4096 - fixed).route(numShards: 1)
        #expect(throws: CommandFailure.tooLarge(bytes: 4097, limit: 4096)) { try request(4097 - fixed).route(numShards: 1) }
    }

    @Test("data that is nested too deeply for the wire never sets out") func deep() {
        var data = PayloadValue.null
        for _ in 0..<129 { data = .array([data]) }
        #expect(throws: CommandFailure.self) { try CommandRequest(.raw(op: 200, data: data), to: .shard(ShardID(0))).route(numShards: 1) }
    }
}
