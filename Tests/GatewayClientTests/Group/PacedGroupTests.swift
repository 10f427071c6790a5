import GatewayClient
import GatewayModel
import Testing

@Suite("The dials of a group", .timeLimit(.minutes(1))) struct PacedGroupTests {
    /// Sessions that a server would resume.
    private static func sessions(_ count: Int, _ simulator: Simulator) async throws -> [ShardState] {
        let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: count), gate: Simulator.gate())
        try await group.test { _, collector in await collector.waitForConnectedAllShards(count) }
        return group.snapshot()
    }

    @Test("to RESUME share one rate: the third of two a second starts half a second after the first") func rate() async throws {
        try await Simulator.run { simulator in
            let states = try await Self.sessions(3, simulator)
            var configuration = simulator.configuration()
            configuration.dialsPerSecond = 2
            let group = try ShardGroup(configuration, shards: states, gate: ForbiddenGate())
            let start = BootClock.now
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(3)
                #expect(BootClock.now - start >= .milliseconds(500))
                #expect(collector.lifecycle.count { $0.isResumed } == 3)
            }
        }
    }

    @Test("to IDENTIFY reserve nothing and wait for nothing but their permits") func identify() async throws {
        try await Simulator.run { simulator in
            let pacer = DialPacer(perSecond: 0.01)
            var configuration = simulator.configuration()
            configuration.shard.dialPacer = pacer
            let group = try ShardGroup(configuration, shards: ShardState.all(of: 3), gate: Simulator.gate())
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(3)
                let now = BootClock.now
                #expect(pacer.reserve(at: now) == .at(now))
            }
        }
    }

    @Test("share the rate of other groups by one pacer, and what still waits ends with its session") func shared() async throws {
        try await Simulator.run { simulator in
            let states = try await Self.sessions(2, simulator)
            var configuration = simulator.configuration()
            configuration.shard.dialPacer = DialPacer(perSecond: 0.02)
            let first = try ShardGroup(configuration, shards: [states[0]], gate: ForbiddenGate())
            let second = try ShardGroup(configuration, shards: [states[1]], gate: ForbiddenGate())
            try await first.test { _, collector in
                await collector.waitForConnectedAllShards(1)
                try await second.test { second, collector in
                    try await simulator.publish(1, toShard: 0, of: 2)
                    #expect(second.snapshot().map(\.phase) == [.waiting])
                    #expect(collector.lifecycle.isEmpty)
                }
                #expect(second.snapshot().map(\.session) == [states[1].session])
            }
        }
    }

    @Test("take a rate from 1 to 10 000", arguments: [0, -1, 10_001]) func range(rate: Int) throws {
        var configuration = ShardGroupConfiguration(token: Secret("t"), intents: Intents.guilds, gatewayURL: "ws://h")
        configuration.dialsPerSecond = rate
        #expect(throws: OperatorMistake.self) { try ShardGroup(configuration, shards: [], gate: ForbiddenGate()) }
    }
}
