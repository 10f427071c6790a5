import SimulatedGateway
import Testing

@testable import GatewayClient

@Suite("Commands of a group", .timeLimit(.minutes(1))) struct GroupCommandTests {
    private static func voice(_ guild: UInt64) -> GatewayCommand {
        .updateVoiceState(VoiceStateUpdate(guildID: Snowflake(rawValue: guild), channelID: nil))
    }

    @Test("defect 4: go over the shard of their guild, and a guild of another process is an error that names its shard") func routing() async throws {
        try await Simulator.run { simulator in
            let here = ShardState.all(of: 4).filter { $0.id.rawValue != 2 }
            let group = try ShardGroup(simulator.configuration(), shards: here, gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(3)
                for shard in [0, 1, 3] { try await group.send(Self.voice(Simulator.guild(ofShard: shard, numShards: 4))) }
                while try await simulator.machine().commands.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
                let commands = try await simulator.machine().commands
                // Three connections: they arrive in any order.
                #expect(commands.map(\.shard).sorted() == [0, 1, 3] && commands.allSatisfy { $0.outcome == .done })
                let elsewhere = GroupCommandError.notHere([ShardIdentity(id: ShardID(2), numShards: 4)])
                await #expect(throws: elsewhere) { try await group.send(Self.voice(Simulator.guild(ofShard: 2, numShards: 4))) }
                await #expect(throws: GroupCommandError.noGuild) { try await group.send(.updatePresence(Presence())) }
                await #expect(throws: elsewhere) { try await group.send(.updatePresence(Presence()), to: ShardIdentity(id: ShardID(2), numShards: 4)) }
            }
            await #expect(throws: GroupCommandError.notHere([])) { try await group.send(Self.voice(1 << 22)) }
        }
    }

    @Test("a presence goes to all shards, and to those that are attached later") func presence() async throws {
        try await Simulator.run { simulator in
            let states = ShardState.all(of: 3)
            let group = try ShardGroup(simulator.configuration(), shards: Array(states[..<2]), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(2)
                #expect(await group.updatePresence(Presence(status: .dnd)).isEmpty)
                try await group.expect([.identified], attaching: [states[2]])
                while try await simulator.machine().sessionStatuses.contains(where: { $0.presence?.status != .dnd }) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(try await simulator.machine().sessionStatuses.count == 3)
                #expect(await group.updatePresence(Presence(status: .idle), matching: [ShardMatcher(id: ShardID(1))]).isEmpty)
                while try await simulator.machine().sessionStatuses.count(where: { $0.presence?.status == .idle }) != 1 {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }
    }

    @Test("of two presences that are set at the same time each shard shows the later one, in whatever order it is told") func presenceOrder() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 1), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(1)
                let run = try #require(group.running(ShardIdentity(id: ShardID(0), numShards: 1)))
                let (first, second) = (Presence(status: .dnd), Presence(status: .idle))
                let (early, late) = (group.retain(first), group.retain(second))
                try await group.show(second, late, on: run, within: .seconds(30))
                try await group.show(first, early, on: run, within: .seconds(30))
                // One connection, in order: what it got by then is there before this is.
                try await group.send(Self.voice(Simulator.guild(ofShard: 0, numShards: 1)))
                while try await !simulator.machine().commands.contains(where: { $0.command.op == 4 }) { try await Task.sleep(for: .milliseconds(5)) }
                #expect(try await simulator.machine().sessionStatuses.map(\.presence?.status) == [.idle])
            }
        }
    }
}
