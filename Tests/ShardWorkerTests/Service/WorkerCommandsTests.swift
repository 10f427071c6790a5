import ClusterModel
import GatewayModel
import GatewaySimulator
import NIOPosix
import ServiceLifecycle
import SimulatedGateway
import Testing

@testable import ShardWorker

@Suite("A worker's commands, against the simulated gateway", .timeLimit(.minutes(2)))
struct WorkerCommandsTests {
    private static let guild = Snowflake(1 << 22)
    private static let chess = PlannedPresence(Presence(activities: [.playing("chess")]), revision: PresenceRevision(rawValue: 4))
    private static let go = PlannedPresence(Presence(activities: [.playing("go")], status: .dnd), revision: PresenceRevision(rawValue: 5))

    private static func ticket(_ number: Int64) -> CommandTicket { CommandTicket(epoch: CoordinatorEpoch(rawValue: 1), number: number) }

    @Test("D19, D23, D24: presences and commands reach Discord in order, and what became of them is told, also by a worker that ends")
    func commands() async throws {
        var rules = GatewayConfiguration(guilds: [Self.guild.rawValue])
        rules.token = "token"
        let simulator = try await GatewaySimulator.start(SimulatorOptions(rules: rules), logger: quiet)
        let coordinator = FakeCoordinator()
        coordinator.setGranting()
        let service = WorkerService(
            WorkerSettings(stableID: StableID(rawValue: "w1")), transport: coordinator, sink: GatedSink.opened,
            group: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                let incarnation = try #require(await coordinator.next { if case .hello(let hello) = $0 { hello.incarnation } else { nil } })
                var assigned = assignment(1, incarnation: incarnation, gatewayURL: "ws://127.0.0.1:\(simulator.port)/gateway")
                assigned.presence = Self.chess
                coordinator.tell(.assign(assigned))
                // Told before the shard is live: they wait for it, in order.
                for number in Int64(1)...8 { coordinator.tell(Self.voice(number)) }
                coordinator.tell(.command(Self.ticket(9), lease(1), .raw(op: 2, data: [:]), within: .seconds(20)))
                coordinator.tell(.command(Self.ticket(10), lease(1, epoch: 7), .raw(op: 4, data: [:]), within: .seconds(20)))
                var outcomes: [CommandTicket: ForwardOutcome] = [:]
                while outcomes.count < 10 {
                    let (ticket, outcome) = try #require(
                        await coordinator.next { if case .commandEnded(let ticket, let outcome) = $0 { (ticket, outcome) } else { nil } })
                    outcomes[ticket] = outcome
                }
                for number in Int64(1)...8 { #expect(outcomes[Self.ticket(number)] == .sent) }
                guard case .invalid? = outcomes[Self.ticket(9)] else {
                    Issue.record("op 2 came to \(String(describing: outcomes[Self.ticket(9)]))")
                    return
                }
                #expect(outcomes[Self.ticket(10)] == .notHeld)
                #expect(try await simulator.snapshot().sessionStatuses.map(\.presence?.activities.first?.name) == ["chess"], "IDENTIFY took it along")
                coordinator.tell(.presence(lease(1), Self.go))
                _ = try #require(
                    await coordinator.next { if case .shard(let report) = $0, report.presence == Self.go.revision { report } else { nil } })
                while try await simulator.snapshot().sessionStatuses.first?.presence?.activities.first?.name != "go" {
                    try await Task.sleep(for: .milliseconds(10))
                }
                await group.triggerGracefulShutdown()
            }
            while try await tasks.next() != nil {}
        }
        let machine = try await simulator.snapshot()
        try await simulator.stop()
        let channels = machine.commands.compactMap { record -> UInt64? in if case .voiceState(let request) = record.command { request.channel } else { nil } }
        #expect(channels == Array(1...8))
        #expect(machine.violations == [])
    }

    private static func voice(_ number: Int64) -> CoordinatorMessage {
        let update = VoiceStateUpdate(guildID: Self.guild, channelID: Snowflake(UInt64(number)))
        return .command(Self.ticket(number), lease(1), .raw(op: 4, data: GatewayCommand.updateVoiceState(update).data), within: .seconds(20))
    }
}
