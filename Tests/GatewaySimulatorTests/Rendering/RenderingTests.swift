import Foundation
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite struct RenderingTests {
    @Test(
        "every event is valid JSON with the ledger's id in it, in a guild and outside",
        arguments: SimulatedEventType.allCases.filter { $0 != .ready && $0 != .resumed })
    func events(type: SimulatedEventType) async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify(intents: Int(Intents.all))
                _ = try await client.dispatch("GUILD_CREATE")
                for guild in [GuildIDs.make(count: 1, seed: 1)[0], 0] {
                    try await simulator.publish(EventDraft(type: type, guild: guild))
                    let message = try await client.dispatch(type.name)
                    if type != .guildCreate { #expect(message.field("sim_event") == (guild == 0 ? 2 : 1)) }
                    if type == .messageCreate { #expect(message.field("guild_id", as: String.self) == (guild == 0 ? nil : String(guild))) }
                }
            }
        }
    }

    @Test("message ids are all different") func messageIDs() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                var ids: Set<String> = []
                for _ in 0..<100 {
                    try await simulator.publish(EventDraft(guild: 1 << 22))
                    ids.insert(try await client.dispatch("MESSAGE_CREATE").field("id")!)
                }
                #expect(ids.count == 100)
            }
        }
    }

    @Test("guild ids are different, even, and the same for the same seed") func guildIDs() {
        let ids = GuildIDs.make(count: 5000, seed: 3)
        #expect(Set(ids).count == 5000)
        #expect(ids == GuildIDs.make(count: 5000, seed: 3))
        #expect(ids != GuildIDs.make(count: 5000, seed: 4))
        // Spread: no shard of 16 has more than twice its share.
        let counts = Dictionary(grouping: ids) { ($0 >> 22) % 16 }.mapValues(\.count)
        #expect(counts.count == 16 && counts.values.max()! < 2 * 5000 / 16)
    }
}
