import GatewayClient
import GatewayModel
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite("Member requests to a simulated Discord", .timeLimit(.minutes(1))) struct RequestMembersTests {
    static func chunks(of answer: GuildMembers) throws -> [GuildMembersChunk] {
        try answer.chunks.map { try $0.decode(GuildMembersChunk.self) }
    }

    @Test("are answered in whole: every member once, by rising index", arguments: GatewayEncoding.allCases) func whole(encoding: GatewayEncoding) async throws {
        try await CommandRig.run(CommandRig.Options(encoding: encoding, membersPerGuild: 2500)) { rig in
            let answer = try await rig.shard.requestMembers(GuildMembersRequest(guildID: Snowflake(rig.guilds[0])))
            let chunks = try Self.chunks(of: answer)
            #expect(answer.guildID.rawValue == rig.guilds[0])
            #expect(chunks.map(\.chunkIndex) == [0, 1, 2])
            #expect(chunks.map(\.members.count) == [1000, 1000, 500])
            #expect(Set(chunks.flatMap(\.members).map(\.user.id)).count == 2500)
            #expect(try answer.members() == chunks.flatMap(\.members))
            // A second one within 30 s cannot be had; a search can.
            await #expect(throws: CommandError.self) {
                _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: Snowflake(rig.guilds[0])), within: .seconds(5))
            }
            let found = try await rig.shard.requestMembers(
                GuildMembersRequest(
                    guildID: Snowflake(rig.guilds[0]), .users([Snowflake(SimulatedUser.id(ofMember: 3)), 7, 5_000_000_000_000_000])))
            let chunk = try #require(try Self.chunks(of: found).first)
            #expect(chunk.members.map(\.user.id.rawValue) == [SimulatedUser.id(ofMember: 3)])
            #expect(chunk.notFound == [7, 5_000_000_000_000_000])
            #expect(try await rig.commands(op: 8).map(\.outcome) == [.done, .done])
            #expect(try await rig.violations() == [])
        }
    }

    @Test("are whole over a resume that comes between two chunks", arguments: GatewayEncoding.allCases) func overResume(encoding: GatewayEncoding) async throws
    {
        // HELLO, READY, four GUILD_CREATEs, two chunks of five.
        let faults = [Fault.endEarly(next: 1, payloads: 8, .cut(.reset))]
        try await CommandRig.run(CommandRig.Options(encoding: encoding, faults: faults, membersPerGuild: 5000)) { rig in
            let answer = try await rig.shard.requestMembers(GuildMembersRequest(guildID: Snowflake(rig.guilds[0])))
            let chunks = try Self.chunks(of: answer)
            #expect(chunks.map(\.chunkIndex) == [0, 1, 2, 3, 4])
            #expect(Set(chunks.flatMap(\.members).map(\.user.id)).count == 5000)
            let machine = try await rig.simulator.snapshot()
            #expect(machine.counts.resumes == 1)
            #expect(machine.counts.identifies == 1)
            #expect(machine.commands.map(\.command.op) == [8], "asked once")
            #expect(machine.violations == [])
        }
    }

    @Test("are asked again of a new session") func newSession() async throws {
        try await CommandRig.run { rig in
            await rig.waitForReady()
            try await rig.simulator.inject(.stall(.all, .seconds(3600)))
            async let answer = rig.shard.requestMembers(GuildMembersRequest(guildID: Snowflake(rig.guilds[0]), .prefix("", limit: 10)))
            try await rig.wait(forCommands: 1)
            try await rig.simulator.inject(.forget(.all))
            try await rig.simulator.inject(.cut(.all, .reset))
            let chunks = try Self.chunks(of: try await answer)
            #expect(chunks.map(\.members.count) == [10])
            let machine = try await rig.simulator.snapshot()
            #expect(machine.counts.identifies == 2)
            #expect(machine.commands.map(\.command.op) == [8, 8])
            #expect(machine.violations == [])
        }
    }

    @Test("that Discord refuses fail at once where the wait is longer than the deadline") func rateLimited() async throws {
        try await CommandRig.run { rig in
            await rig.waitForReady()
            let guild = Snowflake(rig.guilds[0])
            // As another process of this bot would.
            try await rig.shard.send(.requestGuildMembers(GuildMembersRequest(guildID: guild)))
            try await rig.wait(forCommands: 1)
            let error = await #expect(throws: CommandError.self) {
                _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: guild), within: .seconds(20))
            }
            guard case .rateLimited(let retryAfter)? = error else {
                Issue.record("ended in \(String(describing: error))")
                return
            }
            #expect(.seconds(20)...(.seconds(30)) ~= retryAfter)
            #expect(try await rig.commands(op: 8).map(\.outcome) == [.done, .rateLimited])
        }
    }

    @Test("that join one under way get the same answer") func joined() async throws {
        try await CommandRig.run { rig in
            let request = GuildMembersRequest(guildID: Snowflake(rig.guilds[0]))
            async let first = rig.shard.requestMembers(request)
            async let second = rig.shard.requestMembers(request)
            let answers = try await [first, second]
            #expect(answers[0].chunks.map(\.sequence) == answers[1].chunks.map(\.sequence))
            #expect(answers[0].chunks.count == 1)
            #expect(try await rig.commands(op: 8).count == 1)
        }
    }

    @Test("that nobody answers time out") func timedOut() async throws {
        try await CommandRig.run { rig in
            await rig.waitForReady()
            try await rig.simulator.inject(.stall(.all, .seconds(3600)))
            await #expect(throws: CommandError.timedOut(received: 0, of: nil)) {
                _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: Snowflake(rig.guilds[0])), within: .milliseconds(200))
            }
        }
    }
}
