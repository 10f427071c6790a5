import GatewayClient
import GatewayModel
import GatewaySimulator
import Logging
import NIOPosix
import SimulatedGateway
import Synchronization

/// A simulated Discord, and one shard against it that identifies whenever it wants to.
struct CommandRig: Sendable {
    let simulator: GatewaySimulator
    let shard: GatewayShard
    let recorder: Recorder
    let guilds: [UInt64]

    struct Options: Sendable {
        var encoding = GatewayEncoding.json
        var presence: Presence?
        var commands = CommandLimits()
        /// Before the shard dials.
        var faults: [Fault] = []
        var membersPerGuild = 25
        var metrics: GatewayMetrics?
    }

    static func run(_ options: Options = Options(), _ body: @Sendable (CommandRig) async throws -> Void) async throws {
        let guilds = GuildIDs.make(count: 4, seed: 1)
        var simulatorOptions = SimulatorOptions(rules: GatewayConfiguration(guilds: guilds))
        simulatorOptions.rules.identifyInterval = .zero
        simulatorOptions.rules.membersPerGuild = options.membersPerGuild
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let simulator = try await GatewaySimulator.start(simulatorOptions, logger: logger)
        for fault in options.faults { try await simulator.inject(fault) }
        let identifier = Identifier()
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(0), numShards: 1, token: Secret("token"), intents: 1 | 1 << 1, gatewayURL: "ws://127.0.0.1:\(simulator.port)/gateway",
                encoding: options.encoding, compression: .none, presence: options.presence, limits: GatewayLimits(commands: options.commands),
                metrics: options.metrics),
            handler: identifier, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: logger)
        identifier.shard.withLock { $0 = shard }
        let result: Result<Void, any Error> = await withTaskGroup { group in
            group.addTask { _ = await shard.run() }
            let result: Result<Void, any Error>
            do {
                try await body(CommandRig(simulator: simulator, shard: shard, recorder: identifier.recorder, guilds: guilds))
                result = .success(())
            } catch {
                result = .failure(error)
            }
            shard.stop(.fence)
            return result
        }
        identifier.shard.withLock { $0 = nil }
        try await simulator.stop()
        try result.get()
    }

    /// Gives every permit that is wanted.
    private final class Identifier: ShardHandler {
        let recorder = Recorder()
        let shard = Mutex<GatewayShard?>(nil)

        func receive(_ dispatch: GatewayDispatch) -> Delivery { self.recorder.receive(dispatch) }

        func receive(_ event: ShardEvent) {
            let shard = self.shard.withLock { $0 }
            switch event {
            case .phase(.awaitingPermit): shard?.offer(PermitID(rawValue: "p\(self.recorder.items.count)"))
            case .readyToIdentify(let permit): shard?.grant(permit, validUntil: BootClock.now + .seconds(2))
            default: break
            }
            self.recorder.receive(event)
        }
    }

    // MARK: What the shard told

    func waitForReady(_ count: Int = 1) async {
        await self.recorder.wait { $0.count { if case .event(.ready) = $0 { true } else { false } } >= count }
        await self.recorder.wait { $0.last { if case .event(.phase) = $0 { true } else { false } } == .event(.phase(.live)) }
    }

    func waitForResumed() async {
        await self.recorder.wait { $0.contains { if case .event(.resumed) = $0 { true } else { false } } }
    }

    func waitForDisconnect() async {
        await self.recorder.wait { $0.contains { if case .event(.disconnected) = $0 { true } else { false } } }
    }

    // MARK: What Discord saw

    func commands(op: Int? = nil) async throws -> [CommandRecord] {
        try await self.simulator.snapshot().commands.filter { op == nil || $0.command.op == op }
    }

    /// Payloads are on their way: until as many as that arrived.
    func wait(forCommands count: Int) async throws {
        while try await self.commands().count < count { try await Task.sleep(for: .milliseconds(5)) }
    }

    func violations() async throws -> [String] {
        try await self.simulator.snapshot().violations.map { "\($0.kind.rawValue): \($0.detail)" }
    }

    /// What the bot shows, in its one session that is attached.
    func presence() async throws -> SimulatedPresence? {
        try await self.simulator.snapshot().sessionStatuses.first { $0.connection != nil }?.presence
    }
}
