@testable import GatewayClient
import SimulatedGateway
import Synchronization
import Testing

/// What is under way over the old set when the new one takes over.
@Suite("Commands in a re-shard", .timeLimit(.minutes(1))) struct ReshardCommandTests {
    /// Of shard 1, in the set of two as in that of three.
    private static let guild = Snowflake(rawValue: 1 << 22)

    /// Sends over the shard of this guild what Discord's limits let out in a minute.
    ///
    /// - Returns: how many that were.
    private static func fill(_ group: ShardGroup, _ guild: Snowflake) async -> Int {
        var count = 0
        while (try? await group.send(Self.voice(guild), within: .zero)) != nil { count += 1 }
        return count
    }

    private static func voice(_ guild: Snowflake) -> GatewayCommand { .updateVoiceState(VoiceStateUpdate(guildID: guild, channelID: nil)) }

    @Test("those that wait on a shard of the old set go over the new one: each is sent, and none twice") func waiting() async throws {
        try await ReshardTests.run { simulator, group, _ in
            let count = await Self.fill(group, Self.guild) + 20
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<20 { tasks.addTask { try await group.send(Self.voice(Self.guild), within: .seconds(600)) } }
                try await group.reshard(to: 3)
                try await tasks.waitForAll()
            }
            while try await simulator.machine().commands.count < count { try await Task.sleep(for: .milliseconds(5)) }
            let commands = try await simulator.machine().commands
            #expect(commands.count == count && commands.allSatisfy { $0.outcome == .done && $0.shard == 1 })
            #expect(commands.count { $0.numShards == 3 } == 20)
            #expect(try await simulator.machine().violations.isEmpty)
        }
    }

    @Test("one for guilds that the new set has on several shards goes to each of them, once") func parted() async throws {
        // Shard 0 of two; shards 2 and 1 of three.
        let guilds = [Snowflake(rawValue: 2 << 22), Snowflake(rawValue: 4 << 22)]
        try await ReshardTests.run { simulator, group, _ in
            #expect(await Self.fill(group, guilds[0]) > 0)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.send(.requestSoundboardSounds(guildIDs: guilds), within: .seconds(600)) }
                try await group.reshard(to: 3)
                try await tasks.waitForAll()
            }
            while try await simulator.machine().commands.count(where: { $0.command.op == 31 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
            let commands = try await simulator.machine().commands.filter { $0.command.op == 31 }
            // Two connections: they arrive in any order.
            #expect(commands.map(\.shard).sorted() == [1, 2] && commands.allSatisfy { $0.numShards == 3 && $0.outcome == .done })
        }
    }

    @Test("a request for members that is not answered when the old set closes is asked again over the new one") func members() async throws {
        try await ReshardTests.run { simulator, group, _ in
            try await simulator.inject(.stall(.shard(1, numShards: 2), .seconds(3600)))
            async let answer = group.requestMembers(GuildMembersRequest(guildID: Self.guild, .prefix("", limit: 10)))
            while try await simulator.machine().commands.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            try await group.reshard(to: 3)
            #expect(try await answer.members().count == 10)
            #expect(try await simulator.machine().commands.map(\.numShards) == [2, 3])
        }
    }

    @Test("who names the set hears that its shard is gone") func named() async throws {
        try await ReshardTests.run { simulator, group, _ in
            try await simulator.inject(.stall(.shard(1, numShards: 2), .seconds(3600)))
            let request = GuildMembersRequest(guildID: Self.guild, .prefix("", limit: 10))
            async let answer = Self.failure { () throws(GroupCommandError) in _ = try await group.requestMembers(request, numShards: 2) }
            while try await simulator.machine().commands.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            try await group.reshard(to: 3)
            let error = await answer
            #expect(error == .failed(ShardIdentity(id: ShardID(1), numShards: 2), .notConnected))
        }
    }

    private static func failure(_ body: () async throws(GroupCommandError) -> Void) async -> GroupCommandError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("a presence that is set while the new set comes up is shown by both, and by the shard that identifies long after its time limit") func presence()
        async throws
    {
        let last = ShardIdentity(id: ShardID(2), numShards: 3)
        let gate = NotingGate(open: ShardIdentity.all(of: 2) + ShardIdentity.all(of: 3).dropLast())
        try await ReshardTests.run(gate: gate) { simulator, group, collector in
            async let reshard: Void = group.reshard()
            await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isReady } == 4 }
            #expect(await group.updatePresence(Presence(status: .idle), within: .milliseconds(50)) == [last: .notConnected])
            while try await simulator.machine().sessionStatuses.count(where: { $0.presence?.status == .idle }) < 4 {
                try await Task.sleep(for: .milliseconds(5))
            }
            gate.open(last)
            try await reshard
            #expect(try await simulator.machine().sessionStatuses.map { $0.presence?.status } == [.idle, .idle, .idle])
        }
    }

    @Test("a presence that is set before anybody can find the new shard is the shard's all the same") func presenceInBetween() async throws {
        let server = try await ScriptedServer.listen()
        let group = try GroupStage.group(port: server.port, shards: [], log: GroupLog())
        let cell = group.cell(for: GroupStage.state(0, of: 1))
        var configuration = group.configuration.configuration(of: cell.initial)
        configuration.presence = Presence(status: .dnd)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await server.run(GroupStage.script { peer, _ in await peer.rest() }) }
            tasks.addTask { [configuration] in
                let asked = Atomic(0)
                await cell.run(
                    configuration, presence: { Presence(status: asked.wrappingAdd(1, ordering: .relaxed).newValue == 1 ? .online : .idle) }, gate: OpenGate(),
                    logger: group.configuration.logger, gateFailed: { _ in }, listener: { _ in }, ending: { _ in })
            }
            #expect(await cell.outcome.wait() == .identified)
            tasks.cancelAll()
        }
        let identify = server.frames.all.map { String(decoding: $0.payload, as: UTF8.self) }.first { $0.hasPrefix("{\"op\":2,") }
        #expect(identify?.contains(#""status":"idle""#) == true, "\(identify ?? "")")
    }
}
