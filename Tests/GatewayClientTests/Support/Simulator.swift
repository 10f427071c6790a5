import AsyncHTTPClient
import GatewayClient
import GatewaySimulator
import Logging
import NIOCore
import NIOHTTP1
import SimulatedGateway
import Testing

/// A simulator on free ports, and what tests ask of it.
struct Simulator: Sendable {
    let gateway: GatewaySimulator

    /// Runs one with no events of its own, where every shard has a rate-limit key to itself, and stops it whatever happens.
    static func run<Result: Sendable>(
        guilds: Int = 64, _ change: (inout GatewayConfiguration) -> Void = { _ in }, _ body: (Simulator) async throws -> Result
    ) async throws -> Result {
        var rules = GatewayConfiguration(guilds: (0..<UInt64(guilds)).map { ($0 + 1) << 22 })
        rules.maxConcurrency = 1000
        rules.identifyLimitTotal = 2000
        change(&rules)
        let simulator = try await GatewaySimulator.start(
            SimulatorOptions(rules: rules), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            let result = try await body(Simulator(gateway: simulator))
            try await simulator.stop()
            return result
        } catch {
            try await simulator.stop()
            throw error
        }
    }

    var url: String { "ws://127.0.0.1:\(self.gateway.port)/gateway" }

    /// The guild number `index` is of shard `(index + 1) % numShards`.
    static func guild(ofShard shard: Int, numShards: Int) -> UInt64 {
        UInt64(shard == 0 ? numShards : shard) << 22
    }

    func publish(_ count: Int, toShard shard: Int, of numShards: Int, padding: UInt32 = 0) async throws {
        let guild = Self.guild(ofShard: shard, numShards: numShards)
        for _ in 0..<count { try await self.gateway.publish(EventDraft(guild: guild, padding: padding)) }
    }

    func configuration(intents: UInt64 = 1 << 0 | 1 << 9, compression: GatewayCompression = .none) -> ShardGroupConfiguration {
        var configuration = ShardGroupConfiguration(
            token: Secret("a.bots.token"), intents: intents, gatewayURL: self.url, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        configuration.shard.compression = compression
        return configuration
    }

    /// As many keys as the simulator has by default: nobody waits for anybody.
    static func gate(maxConcurrency: Int = 1000, total: Int = 2000) -> LocalIdentifyGate {
        LocalIdentifyGate(
            fixed: GatewayBot(
                url: "ws://unused", shards: 1, total: total, remaining: total, resetAfterMilliseconds: 0, maxConcurrency: maxConcurrency))
    }

    func inject(_ fault: Fault) async throws { try await self.gateway.inject(fault) }

    /// `POST /_sim/…`
    func post(_ command: String) async throws {
        let base = self.gateway.apiURL.replacing("/api/v10", with: "")
        var request = HTTPClientRequest(url: "\(base)/_sim/\(command)")
        request.method = .POST
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        #expect(response.status == .ok)
    }

    func machine() async throws -> GatewayMachine { try await self.gateway.snapshot() }

    /// What is due on each session since the first, by sequence.
    func due() async throws -> Set<Collector.Event> {
        let machine = try await self.machine()
        return Set(
            machine.ledger.lines(after: 0, limit: .max).compactMap { line in
                guard let session = line.session, let sequence = line.sequence else { return nil }
                return Collector.Event(sessionID: machine.sessionID(of: session), sequence: sequence)
            })
    }
}
