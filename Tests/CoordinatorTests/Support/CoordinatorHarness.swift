import ClusterModel
import Coordinator
import GatewayModel
import Logging

/// Answers `GET /gateway/bot` as the test says.
struct ScriptedGateway: GatewayInfoSource {
    var answer = GatewayInfoAnswer.info(
        GatewayInfo(url: "ws://127.0.0.1:1", shards: 2, total: 1000, remaining: 1000, resetAfterMilliseconds: 86_400_000, maxConcurrency: 1))

    func fetch(token: Secret) async -> GatewayInfoAnswer { self.answer }
}

/// One coordinator on a port of its own, in this process.
struct CoordinatorHarness: Sendable {
    let service: CoordinatorService
    let ports = Recorder<Int>()
    let ended = Recorder<String>()

    static func configuration(timing: Timing = Timing(), holder: String = "test", leadership: LeadershipTiming = LeadershipTiming())
        -> CoordinatorService.Configuration
    {
        CoordinatorService.Configuration(
            cluster: ClusterConfiguration(
                application: ApplicationID(rawValue: "test"), token: Secret("T"), intents: 1, shards: .fixed(2), isolation: .hold, timing: timing),
            listen: ListenAddress(host: "127.0.0.1", port: 0), holder: holder, leadership: leadership)
    }

    static var logger: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    init(
        _ configuration: CoordinatorService.Configuration = Self.configuration(), store: InMemoryStore = InMemoryStore(),
        gateway: ScriptedGateway = ScriptedGateway(), machine: (@Sendable () -> any LeaderMachine)? = nil
    ) {
        let ports = self.ports
        if let machine {
            self.service = CoordinatorService(
                configuration, store: store, gateway: gateway, logger: Self.logger, makeMachine: { _, _, _, _ in machine() }, listening: ports.record)
        } else {
            self.service = CoordinatorService(configuration, store: store, gateway: gateway, logger: Self.logger, listening: ports.record)
        }
    }

    /// Runs the coordinator while `body` runs.
    func run(_ body: @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.runUntilItEnds() }
            defer { group.cancelAll() }
            let port = try await self.ports.wait("listening") { !$0.isEmpty }[0]
            try await body(port)
        }
    }

    /// Records how it ended: an error's description, or "stopped".
    func runUntilItEnds() async {
        do {
            try await self.service.run()
            self.ended.record("stopped")
        } catch {
            self.ended.record("\(error)")
        }
    }

    /// Runs worker streams while `body` runs.
    static func with(_ workers: [ScriptedWorker], port: Int, _ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers {
                group.addTask { await worker.run(port: port) }
            }
            defer { group.cancelAll() }
            try await body()
        }
    }
}
