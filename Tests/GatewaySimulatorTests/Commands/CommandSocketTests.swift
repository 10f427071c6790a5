import Foundation
import GatewayModel
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite struct CommandSocketTests {
    private static let guild = GuildIDs.make(count: 1, seed: 1)[0]

    @Test("op 8 is answered with members as Discord describes them") func members() async throws {
        try await withSimulator(guilds: 1, { $0.rules.membersPerGuild = 1200 }) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify(intents: Int(Intents.guildMembers | Intents.guildPresences))
                try await client.send("{\"op\":8,\"d\":{\"guild_id\":\"\(Self.guild)\",\"query\":\"\",\"limit\":0,\"presences\":true,\"nonce\":\"a\\\"b\"}}")
                var ids: Set<String> = []
                for index in 0..<2 {
                    let chunk = try await client.dispatch("GUILD_MEMBERS_CHUNK")
                    #expect(chunk.sequence == 2 + index)
                    #expect(chunk.field("guild_id") == String(Self.guild))
                    #expect(chunk.field("chunk_index") == index && chunk.field("chunk_count") == 2 && chunk.field("nonce") == "a\"b")
                    let members = try #require(chunk.field("members", as: [[String: any Sendable]].self))
                    for member in members { ids.insert(try #require((member["user"] as? [String: any Sendable])?["id"] as? String)) }
                    #expect(chunk.field("presences", as: [[String: any Sendable]].self)?.count == members.count)
                    #expect(chunk.field("not_found", as: [String].self) == nil)
                }
                #expect(ids.count == 1200)
                try await client.send("{\"op\":8,\"d\":{\"guild_id\":\(Self.guild),\"query\":\"\",\"limit\":0,\"nonce\":\"c\"}}")
                let limited = try await client.dispatch("RATE_LIMITED")
                #expect(limited.field("opcode") == 8)
                let retryAfter = try #require(limited.field("retry_after", as: Double.self))
                #expect((20...30).contains(retryAfter))
                let meta = try #require(limited.field("meta", as: [String: any Sendable].self))
                #expect(meta["guild_id"] as? String == String(Self.guild) && meta["nonce"] as? String == "c")
            }
        }
    }

    @Test("ids that no member has come back, those that are no snowflakes as numbers") func notFound() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                try await client.send(
                    "{\"op\":8,\"d\":{\"guild_id\":\"\(Self.guild)\",\"query\":\"\",\"limit\":0,\"user_ids\":[\"\(SimulatedUser.bot)\",12,\"99999999999999999\"]}}"
                )
                let chunk = try await client.dispatch("GUILD_MEMBERS_CHUNK")
                #expect(chunk.field("members", as: [[String: any Sendable]].self)?.count == 1)
                #expect(chunk.text.contains("\"not_found\":[12,\"99999999999999999\"]"))
            }
        }
    }

    @Test("ops 4, 31 and 43 are answered, and the answers survive a RESUME byte by byte") func answers() async throws {
        try await withSimulator(guilds: 1) { simulator in
            var session = ""
            var first: [Substring] = []
            let types = ["VOICE_STATE_UPDATE", "VOICE_SERVER_UPDATE", "SOUNDBOARD_SOUNDS", "CHANNEL_INFO"]
            let channel = SimulatedGuild(id: Self.guild).voiceChannel
            try await RawClient.connect(port: simulator.port) { client in
                session = try await client.identify(intents: Int(Intents.guildVoiceStates)).field("session_id")!
                try await client.send(
                    "{\"op\":4,\"d\":{\"guild_id\":\"\(Self.guild)\",\"channel_id\":\"\(channel)\",\"self_mute\":true,\"self_deaf\":false}}")
                try await client.send("{\"op\":31,\"d\":{\"guild_ids\":[\"\(Self.guild)\"]}}")
                try await client.send("{\"op\":43,\"d\":{\"guild_id\":\"\(Self.guild)\",\"fields\":[\"status\",\"voice_start_time\"]}}")
                let messages = [
                    try await client.dispatch(types[0]), try await client.dispatch(types[1]), try await client.dispatch(types[2]),
                    try await client.dispatch(types[3]),
                ]
                first = messages.map(\.body)
                #expect(messages[0].field("user_id") == String(SimulatedUser.bot) && messages[0].field("channel_id") == String(channel))
                #expect(messages[0].field("self_mute") == true && messages[0].field("self_deaf") == false)
                #expect(messages[1].field("guild_id") == String(Self.guild) && messages[1].field("token", as: String.self) != nil)
                #expect(messages[2].field("soundboard_sounds", as: [[String: any Sendable]].self)?.count == 1)
                #expect(messages[3].text.contains("\"channels\":[{\"id\":\"\(channel)\",\"status\":null,\"voice_start_time\":null}]"))
            }
            try await RawClient.connect(port: simulator.resumePort) { client in
                try await client.resume(session, from: 1)
                var second: [Substring] = []
                for type in types { second.append(try await client.dispatch(type).body) }
                #expect(first == second)
            }
        }
    }

    @Test(
        "a command whose fields do not fit closes with 4001",
        arguments: [
            "{\"op\":3,\"d\":{\"activities\":[],\"status\":\"online\",\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"status\":\"online\",\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[],\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[],\"status\":\"online\"}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[],\"status\":\"away\",\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[],\"status\":\"online\",\"afk\":0}}",
            "{\"op\":3,\"d\":{\"since\":\"1\",\"activities\":[],\"status\":\"online\",\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[{\"name\":\"x\"}],\"status\":\"online\",\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[{\"name\":\"x\",\"type\":6}],\"status\":\"online\",\"afk\":false}}",
            "{\"op\":3,\"d\":{\"since\":null,\"activities\":[{\"type\":0}],\"status\":\"online\",\"afk\":false}}",
            "{\"op\":4,\"d\":{\"guild_id\":\"1\",\"self_mute\":false,\"self_deaf\":false}}",
            "{\"op\":4,\"d\":{\"guild_id\":\"1\",\"channel_id\":\"x\",\"self_mute\":false,\"self_deaf\":false}}",
            "{\"op\":4,\"d\":{\"guild_id\":\"1\",\"channel_id\":null,\"self_mute\":false}}",
            "{\"op\":8,\"d\":{\"guild_id\":\"1\"}}", "{\"op\":8,\"d\":{\"guild_id\":\"1\",\"query\":\"\"}}",
            "{\"op\":8,\"d\":{\"query\":\"\",\"limit\":0}}", "{\"op\":8,\"d\":{\"guild_id\":\"1\",\"query\":\"\",\"limit\":-1}}",
            "{\"op\":8,\"d\":{\"guild_id\":\"1\",\"user_ids\":[\"x\"]}}", "{\"op\":8,\"d\":{\"guild_id\":\"1\",\"query\":\"\",\"limit\":0,\"nonce\":1}}",
            "{\"op\":31,\"d\":{}}", "{\"op\":31,\"d\":{\"guild_ids\":\"1\"}}", "{\"op\":43,\"d\":{\"guild_id\":\"1\",\"fields\":[\"name\"]}}",
            "{\"op\":43,\"d\":{\"guild_id\":\"1\"}}", "{\"op\":3}",
        ])
    func badBodies(payload: String) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                try await client.send(payload)
                #expect(try await client.frame()?.closeCode == 4001)
            }
        }
    }

    @Test("game, the forerunner of activities, is taken in op 3 and IDENTIFY") func game() async throws {
        try await withSimulator(guilds: 0) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.message()
                try await client.send(
                    "{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":0,\"properties\":{},\"presence\":{\"status\":null,\"game\":{\"name\":\"x\",\"type\":0}}}}")
                _ = try await client.dispatch("READY")
                #expect(try await simulator.snapshot().sessionStatuses.map(\.presence) == [SimulatedPresence(activities: [.init(name: "x", type: 0)])])
                try await client.send("{\"op\":3,\"d\":{\"since\":null,\"game\":null,\"status\":\"dnd\",\"afk\":false}}")
                try await client.send("{\"op\":1,\"d\":1}")
                #expect(try await client.message().op == 11)
                #expect(try await simulator.snapshot().sessionStatuses.map(\.presence) == [SimulatedPresence(status: .dnd)])
                try await client.send("{\"op\":3,\"d\":{\"since\":null,\"game\":{\"type\":0},\"status\":\"dnd\",\"afk\":false}}")
                #expect(try await client.frame()?.closeCode == 4001)
            }
        }
    }

    @Test("presences of IDENTIFY and op 3 can be asked for, and so can every command") func records() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.message()
                try await client.send(
                    "{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":0,\"properties\":{},\"large_threshold\":250,\"compress\":false,"
                        + "\"presence\":{\"status\":\"dnd\",\"afk\":false,\"since\":null,\"activities\":[{\"name\":\"x\",\"type\":4,\"state\":\"y\"}]}}}")
                _ = try await client.dispatch("READY")
                let presence = SimulatedPresence(activities: [.init(name: "x", type: 4, state: "y")], status: .dnd)
                #expect(try await simulator.snapshot().sessionStatuses.map(\.presence) == [presence])
                try await client.send(
                    "{\"op\":3,\"d\":{\"since\":5.0,\"activities\":[{\"name\":\"z\",\"type\":1,\"url\":\"https://twitch.tv/z\",\"details\":1}],"
                        + "\"status\":\"idle\",\"afk\":true}}")
                try await client.send("{\"op\":43,\"d\":{\"guild_id\":\"\(Self.guild)\",\"fields\":[\"status\"]}}")
                _ = try await client.dispatch("CHANNEL_INFO")
                let status = try #require(
                    JSONSerialization.jsonObject(with: Data(try await HTTP.get(simulator, "/_sim/status").utf8)) as? [String: Any])
                let shown = try #require((status["sessions"] as? [[String: Any]])?.first?["presence"] as? [String: Any])
                #expect(shown["status"] as? String == "idle" && shown["since"] as? Int == 5 && shown["afk"] as? Bool == true)
                #expect(((shown["activities"] as? [[String: Any]])?.first?["url"] as? String) == "https://twitch.tv/z")
                let commands = try #require(
                    JSONSerialization.jsonObject(with: Data(try await HTTP.get(simulator, "/_sim/commands").utf8)) as? [[String: Any]])
                #expect(commands.map { $0["op"] as? Int } == [3, 43])
                #expect(commands.map { $0["outcome"] as? String } == ["done", "done"])
                #expect((commands[1]["d"] as? [String: Any])?["fields"] as? [String] == ["status"])
                #expect(try await HTTP.get(simulator, "/_sim/commands?op=8") == "[]")
            }
        }
    }
}
