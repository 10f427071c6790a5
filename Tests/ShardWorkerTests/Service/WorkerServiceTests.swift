import ClusterModel
import Foundation
import GatewayClient
import GatewayModel
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import ShardWorker

@Suite("A worker", .timeLimit(.minutes(1)))
struct WorkerServiceTests {
    /// Runs a worker beside `body`; it stops as on SIGTERM when `body` returns.
    private func withWorker(
        isolation: Isolation = .hold, sink: any EventSink = GatedSink.opened, capacity: Int = 8, isReturning: Bool = false, timing: Timing = Timing(),
        clock: @escaping @Sendable () -> Instant = { BootClock.now }, watchdogEnd: (@Sendable () -> Void)? = nil,
        body: @escaping @Sendable (FakeCoordinator, FakeShards, ServiceGroup) async throws -> Void
    ) async throws {
        let coordinator = FakeCoordinator(isolation: isolation)
        let shards = FakeShards()
        let service = WorkerService(
            WorkerSettings(stableID: StableID(rawValue: "w1"), capacity: capacity, timing: timing, isReturning: isReturning), transport: coordinator,
            sink: sink, group: MultiThreadedEventLoopGroup.singleton, logger: quiet, clock: clock, watchdogEnd: watchdogEnd, makeShard: shards.factory)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                try await body(coordinator, shards, group)
                await group.triggerGracefulShutdown()
            }
            while try await tasks.next() != nil {}  // an error cancels the other
        }
    }

    private static func hello(_ message: WorkerMessage) -> WorkerHello? {
        if case .hello(let hello) = message { hello } else { nil }
    }

    private static func revoked(_ message: WorkerMessage) -> ShardReport? {
        if case .revoked(let report) = message { report } else { nil }
    }

    @Test("greets with its name, capacity and a fresh incarnation, and renews")
    func hello() async throws {
        let incarnations = Mutex<[Incarnation]>([])
        for _ in 0..<2 {
            try await self.withWorker { coordinator, _, _ in
                let hello = try #require(await coordinator.next(Self.hello))
                #expect(hello.stableID == StableID(rawValue: "w1"))
                #expect(hello.capacity == 8)
                #expect(hello.held == [])
                #expect(hello.incarnation.rawValue.count == 32)
                incarnations.withLock { $0.append(hello.incarnation) }
                _ = try #require(await coordinator.next { if case .renew(let renewal) = $0 { renewal } else { nil } })
            }
        }
        #expect(Set(incarnations.withLock { $0 }).count == 2)
    }

    @Test("identifies by permit only: offer, take, go, outcome")
    func permit() async throws {
        let sink = GatedSink.opened
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation)))
            let shard = try #require(await shards.next())
            coordinator.tell(.offer(PermitID(rawValue: "p1"), lease(0)))
            let taken = try #require(await coordinator.next { if case .take(let permit, _) = $0 { permit } else { nil } })
            // Given before anything else that is asked of the shard.
            #expect(shard.state.withLock { $0.authority?.mayDial(at: BootClock.now) } == true)
            #expect(taken == PermitID(rawValue: "p1"))
            coordinator.tell(.go(taken))
            let outcome = try #require(await coordinator.next { if case .outcome(taken, let outcome) = $0 { outcome } else { nil } })
            #expect(outcome == .ready)
            #expect(shard.state.withLock { $0.calls } == ["offer p1", "grant p1"])
        }
        let lines = sink.text.split(separator: "\n")
        #expect(lines[0].contains(#""control":"ready""#))
        #expect(lines[1].contains(#""type":"READY""#))
    }

    @Test("reports the accepted position, not the received one, with its renewals")
    func checkpoint() async throws {
        let sink = GatedSink()
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 10)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            for sequence in Int64(11)...20 { _ = shard.handler.receive(dispatch(sequence)) }
            let renewal = { (message: WorkerMessage) -> Int64? in
                guard case .renew(let renewal) = message, let report = renewal.shards.first else { return nil }
                return report.session?.sequence
            }
            #expect(await coordinator.next(renewal) == 10)
            sink.open()
            #expect(await coordinator.next { message in renewal(message).flatMap { $0 < 20 ? nil : $0 } } == 20)
            #expect(shard.state.withLock { $0.accepted } == 20)
        }
    }

    @Test("flushes before it hands a shard off, and hands off the accepted position")
    func handOff() async throws {
        let sink = GatedSink()
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 0)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            for sequence in Int64(1)...5 { _ = shard.handler.receive(dispatch(sequence)) }
            coordinator.tell(.revoke(lease(0), .handOff))
            sink.open()
            let report = try #require(await coordinator.next(Self.revoked))
            #expect(report.session == GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 5))
            #expect(sink.text.split(separator: "\n").count == 5)
        }
    }

    @Test("hands a shard off at the accepted position even where the sink takes nothing")
    func handOffStuck() async throws {
        let sink = GatedSink()
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 3)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            _ = shard.handler.receive(dispatch(4))
            coordinator.tell(.revoke(lease(0), .handOff))
            #expect(await coordinator.next(Self.revoked)?.session?.sequence == 3)
            sink.open()
        }
        #expect(sink.text == "")
    }

    @Test("ends the stream of a retired shard with a gap")
    func retire() async throws {
        let sink = GatedSink.opened
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation)))
            let shard = try #require(await shards.next())
            shard.becomeReady(session: "s1")
            coordinator.tell(.revoke(lease(0), .retire))
            #expect(await coordinator.next(Self.revoked)?.session == nil)
        }
        #expect(sink.text.split(separator: "\n").last?.contains(#""control":"gap","reason":"resharded""#) == true)
    }

    @Test(
        "says begin and end of a re-shard in the streams of the new shards, the end also where the first assignment died before READY",
        arguments: [(Int64(1), ["reshard_begin", "ready", "reshard_end", "ready"]), (Int64(2), ["ready", "reshard_end", "ready"])])
    func reshard(epoch: Int64, expected: [String]) async throws {
        let sink = GatedSink.opened
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            coordinator.tell(.assign(assignment(0, epoch: epoch, generation: 2, incarnation: hello.incarnation)))
            let shard = try #require(await shards.next())
            shard.becomeReady(session: "s1")
            shard.becomeReady(session: "s2")
        }
        let controls = sink.text.split(separator: "\n").compactMap { line -> String? in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["control"] as? String
        }
        #expect(controls == expected)
    }

    @Test("tells of a new session only once the gap before it is with the sink")
    func gapFirst() async throws {
        let sink = GatedSink()
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 3)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            shard.handler.receive(.gap(.sessionLost, session: session))
            shard.handler.receive(.sessionLost)
            shard.becomeReady(session: "s2")
            let reported = { (message: WorkerMessage) -> String? in
                switch message {
                case .renew(let renewal): renewal.shards.first.map { $0.session?.sessionID ?? "none" }
                case .shard(let report): report.session?.sessionID ?? "none"
                default: nil
                }
            }
            #expect(await coordinator.next(reported) == "s1")
            #expect(await coordinator.next(reported) == "s1")
            sink.open()
            #expect(await coordinator.next { message in reported(message).flatMap { $0 == "s1" ? nil : $0 } } == "none")
            #expect(await coordinator.next { message in reported(message).flatMap { $0 == "none" ? nil : $0 } } == "s2")
        }
        #expect(sink.text.split(separator: "\n").first?.contains(#""control":"gap","reason":"sessionLost","session":"s1","after":3"#) == true)
    }

    @Test("hands off the session from before a gap that the sink never took")
    func droppedGap() async throws {
        let sink = GatedSink()
        try await self.withWorker(sink: sink) { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 3)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            shard.handler.receive(.gap(.sessionLost, session: session))
            shard.handler.receive(.sessionLost)
            shard.becomeReady(session: "s2")
            coordinator.tell(.revoke(lease(0), .handOff))
            #expect(await coordinator.next(Self.revoked)?.session == session)
            sink.open()
        }
        #expect(sink.text == "")
    }

    @Test("reports a fatal close code")
    func fatal() async throws {
        try await self.withWorker { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation)))
            let shard = try #require(await shards.next())
            shard.end(fatal: 4004)
            let code: UInt16? = await coordinator.next { message in
                guard case .failed(lease(0), let code) = message else { return nil }
                return code
            }
            #expect(code == 4004)
        }
    }

    @Test("says goodbye with the final positions of all its shards", arguments: [false, true])
    func goodbye(isReturning: Bool) async throws {
        let coordinator = Mutex<FakeCoordinator?>(nil)
        try await self.withWorker(isReturning: isReturning) { fake, shards, _ in
            coordinator.withLock { $0 = fake }
            let hello = try #require(await fake.next(Self.hello))
            for id in 0..<3 {
                let session = GatewaySession(sessionID: "s\(id)", resumeGatewayURL: "ws://resume", sequence: 0)
                fake.tell(.assign(assignment(id, incarnation: hello.incarnation, session: session)))
                let shard = try #require(await shards.next())
                _ = shard.handler.receive(dispatch(Int64(id) + 1, session: "s\(id)"))
            }
        }
        let fake = try #require(coordinator.withLock { $0 })
        let said = await fake.next { if case .goodbye(let reports, let returning) = $0 { (reports, returning) } else { nil } }
        let (reports, returning) = try #require(said)
        #expect(returning == isReturning)
        #expect(reports.sorted { $0.lease < $1.lease }.map(\.session?.sequence) == [1, 2, 3])
    }

    @Test("stops without a coordinator too")
    func stopAlone() async throws {
        try await self.withWorker { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation)))
            _ = try #require(await shards.next())
            coordinator.setReachable(false)
            coordinator.hangUp()
        }
    }

    @Test("ends with the coordinator's reason when it is refused")
    func refused() async throws {
        await #expect(throws: WorkerError.refused("another version")) {
            try await self.withWorker { coordinator, _, _ in
                coordinator.setAcking(false)
                _ = await coordinator.next(Self.hello)
                coordinator.tell(.refused("another version"))
                try await Task.sleep(for: .seconds(30))  // cancelled when the worker ends
            }
        }
    }

    @Test("keeps its shards while the coordinator is away, and tells of them when it is back")
    func coordinatorRestart() async throws {
        try await self.withWorker { coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 7)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            coordinator.hangUp()
            let again = try #require(await coordinator.next(Self.hello))
            #expect(again.incarnation == hello.incarnation)
            #expect(again.held.map(\.lease) == [lease(0)])
            #expect(again.held.first?.session?.sequence == 7)
            #expect(shard.state.withLock { $0.calls } == [])
        }
    }

    @Test("under fence closes everything when no ack comes, drops what it may not write, and comes back as somebody new")
    func fence() async throws {
        var timing = Timing()
        timing.workerFence = .seconds(4)
        timing.workerLease = .seconds(60)  // the watchdog's: a loaded machine is no fault
        let sink = GatedSink()
        try await self.withWorker(isolation: .fence, sink: sink, timing: timing, watchdogEnd: { Issue.record("the watchdog ended a worker that let go") }) {
            coordinator, shards, _ in
            let hello = try #require(await coordinator.next(Self.hello))
            let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://resume", sequence: 7)
            coordinator.tell(.assign(assignment(0, incarnation: hello.incarnation, session: session)))
            let shard = try #require(await shards.next())
            _ = shard.handler.receive(dispatch(8))
            coordinator.setAcking(false)
            let again = try #require(await coordinator.next(Self.hello))
            #expect(again.incarnation != hello.incarnation)
            #expect(again.held == [])
            #expect(shard.state.withLock { $0.calls } == ["stop fence"])
            sink.open()
        }
        #expect(sink.text == "")
    }
}

extension GatedSink {
    static var opened: GatedSink {
        let sink = GatedSink()
        sink.open()
        return sink
    }
}
