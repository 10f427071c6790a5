import ClusterModel
import Foundation
import GatewayModel
import GatewaySimulator
import NIOPosix
import ServiceLifecycle
import SimulatedGateway
import Synchronization
import Testing

@testable import ShardWorker

@Suite("A worker against the simulated gateway", .timeLimit(.minutes(2)))
struct WorkerWithGatewayTests {
    private struct Line: Decodable {
        var shard: Int
        var epoch: Int
        var control: String?
        var session: String?
        var seq: Int64?
    }

    @Test("keeps every event over connection losses and a restart, without a second IDENTIFY")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var rules = GatewayConfiguration(guilds: GuildIDs.make(count: 40, seed: 1))
        rules.token = "token"
        rules.maxConcurrency = 16
        var options = SimulatorOptions(rules: rules)
        options.eventsPerSecond = 400
        let simulator = try await GatewaySimulator.start(options, logger: quiet)
        let url = "ws://127.0.0.1:\(simulator.port)/gateway"
        let events = directory.file("events.ndjson")

        var sessions: [Int: GatewaySession] = [:]
        for life in Int64(1)...2 {
            let reports = try await Self.live(epoch: life, sessions: sessions, url: url, events: events) {
                for fault in [Fault.cut(.all, .reset), .close(.all, code: 4000)] {  // more in a row would wait out the shards' growing backoff
                    let before = try await simulator.snapshot().counts
                    try await simulator.inject(fault)
                    try await Self.untilResumed(simulator, since: before)
                }
            }
            sessions = Dictionary(uniqueKeysWithValues: reports.compactMap { report in report.session.map { (report.lease.key.shard.rawValue, $0) } })
            #expect(sessions.count == 4)
        }

        let machine = try await simulator.snapshot()
        try await simulator.stop()
        #expect(machine.counts.identifies == 4)
        #expect(machine.violations == [])
        #expect(machine.counts.closedByClient.allSatisfy { $0.code == 4000 })

        var seen: [String: Set<Int64>] = [:]
        for line in try lines(of: events) {
            let line = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            #expect(line.control != "gap")
            guard let session = line.session, let sequence = line.seq else { continue }
            #expect(seen[session, default: []].insert(sequence).inserted, "\(sequence) of \(session) came twice")
        }
        #expect(seen.count == 4)
        for session in sessions.values {
            #expect(seen[session.sessionID] == Set(1...session.sequence))
            #expect(session.sequence > 20)
        }
    }

    /// One life of a worker with four shards, from hello to goodbye.
    private static func live(
        epoch: Int64, sessions: [Int: GatewaySession], url: String, events: String, body: @escaping @Sendable () async throws -> Void
    ) async throws -> [ShardReport] {
        let coordinator = FakeCoordinator()
        coordinator.setGranting()
        let service = WorkerService(
            WorkerSettings(stableID: StableID(rawValue: "w1")), transport: coordinator, sink: try NDJSONSink(file: events, sync: false),
            group: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                let incarnation = try #require(await coordinator.next { if case .hello(let hello) = $0 { hello.incarnation } else { nil } })
                for shard in 0..<4 {
                    coordinator.tell(.assign(assignment(shard, epoch: epoch, incarnation: incarnation, session: sessions[shard], gatewayURL: url)))
                }
                var live: Set<ShardLease> = []
                while live.count < 4 {
                    let lease = await coordinator.next { if case .shard(let report) = $0, report.phase == .live { report.lease } else { nil } }
                    live.insert(try #require(lease))
                }
                try await body()
                await group.triggerGracefulShutdown()
            }
            while try await tasks.next() != nil {}
        }
        return try #require(await coordinator.next { if case .goodbye(let reports, _) = $0 { reports } else { nil } })
    }

    /// Waits until every session was resumed, and some events went by.
    private static func untilResumed(_ simulator: GatewaySimulator, since before: GatewayCounts) async throws {
        while true {
            let now = try await simulator.snapshot()
            let areAttached = now.sessionStatuses.allSatisfy { $0.connection != nil }
            if now.counts.resumes >= before.resumes + 4, areAttached, now.counts.events > before.events + 40 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
