import GatewayClient
import GatewaySimulator
import NIOPosix
import SimulatedGateway
import Testing

@Suite("Connecting a whole bot", .timeLimit(.minutes(1))) struct ConnectTests {
    private static func api(_ simulator: Simulator) throws -> GatewayBotClient {
        try GatewayBotClient(
            discordAPI: simulator.gateway.apiURL, trust: .system, version: "test", eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
    }

    private static func with<Result>(_ simulator: Simulator, _ body: (GatewayBotClient) async throws -> Result) async throws -> Result {
        let api = try Self.api(simulator)
        do {
            let result = try await body(api)
            await api.shutdown()
            return result
        } catch {
            await api.shutdown()
            throw error
        }
    }

    @Test("asks how many shards Discord wants, and starts all of them at its pace") func wholeBot() async throws {
        try await Simulator.run {
            $0.recommendedShards = 5
            $0.maxConcurrency = 5
        } _: { simulator in
            try await Self.with(simulator) { api in
                var configuration = simulator.configuration()
                configuration.shard.gatewayURL = ""
                let group = try await ShardGroup.connect(configuration, api: api)
                try await group.test { _, collector in await collector.waitForConnectedAllShards(5) }
                #expect(try await simulator.machine().violations.isEmpty)
                let again = try await ShardGroup.connect(configuration, api: api, sessions: group.snapshot())
                try await again.test { _, collector in
                    await collector.waitForConnectedAllShards(5)
                    #expect(collector.lifecycle.count { $0.isResumed } == 5)
                }
                #expect(try await simulator.machine().counts.identifies == 5)
            }
        }
    }

    @Test("passing failures of the API are waited out, up to the caller's patience", arguments: ["500", "429", "html", "drop"])
    func failures(kind: String) async throws {
        try await Simulator.run { simulator in
            try await Self.with(simulator) { api in
                try await simulator.post("fail-api?kind=\(kind)&count=1")
                _ = try await ShardGroup.connect(simulator.configuration(), api: api)
                try await simulator.post("fail-api?kind=\(kind)&count=1")
                await #expect(throws: GatewayBotError.self) {
                    try await ShardGroup.connect(simulator.configuration(), api: api, patience: .zero)
                }
            }
        }
    }

    @Test("defect 19: a dead token is an error at once") func unauthorized() async throws {
        try await Simulator.run { simulator in
            try await Self.with(simulator) { api in
                try await simulator.inject(.killToken)
                do {
                    _ = try await ShardGroup.connect(simulator.configuration(), api: api)
                    Issue.record("it connected")
                } catch ShardGroupError.unauthorized {}
            }
        }
    }

    @Test("more shards than the day's budget has above its floor are refused before any is started; sessions need none") func budget() async throws {
        try await Simulator.run {
            $0.recommendedShards = 4
            $0.identifyLimitTotal = 1000
        } _: { simulator in
            try await Self.with(simulator) { api in
                try await simulator.inject(.setIdentifiesSpent(947))
                do {
                    _ = try await ShardGroup.connect(simulator.configuration(), api: api)
                    Issue.record("it connected")
                } catch ShardGroupError.startBudget(let wanted, let remaining, let floor, _) {
                    #expect(wanted == 4 && remaining == 53 && floor == 50)
                }
                var states = ShardState.all(of: 4)
                states[0].session = GatewaySession(sessionID: "s", resumeGatewayURL: simulator.url, sequence: 1)
                _ = try await ShardGroup.connect(simulator.configuration(), api: api, sessions: [states[0]])
                await #expect(throws: OperatorMistake.self) {
                    try await ShardGroup.connect(simulator.configuration(), api: api, sessions: [states[0]], numShards: 5)
                }
            }
        }
    }
}
