import ClusterModel
import Coordinator
import GatewayModel
import ServiceLifecycle
import Testing

@Suite("The coordinator's loop", .timeLimit(.minutes(2)))
struct CoordinatorLoopTests {
    @Test("a slow database delays no ack")
    func slowStore() async throws {
        let store = InMemoryStore()
        store.change { $0.delay = .seconds(10) }
        try await CoordinatorHarness(store: store).run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                try await worker.received.wait("welcome") { !$0.isEmpty }
                let start = BootClock.now
                for stamp in Int64(1)...20 { worker.say(ScriptedWorker.renew(stamp)) }
                try await worker.received.wait("twenty acks") { $0.count { if case .ack = $0.message { true } else { false } } == 20 }
                #expect(BootClock.now - start < .seconds(5))
                #expect(store.now.commits.isEmpty, "the database has committed nothing yet")
            }
        }
    }

    @Test("transactions are committed in order and reported one by one")
    func commitOrder() async throws {
        let store = InMemoryStore()
        let inputs = Recorder<ClusterInput>()
        let writes = (0..<20).map { [StoreWrite.openFloor($0, for: nil)] }
        let harness = CoordinatorHarness(
            store: store,
            machine: {
                ScriptedMachine(inputs: inputs) { input, _ in
                    guard case .message = input else { return [] }
                    return writes.enumerated().map { .commit(CommitID(rawValue: $0.offset), $0.element) }
                }
            })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                let seen = try await inputs.wait("all outcomes") { $0.count >= 21 }
                #expect(seen.dropFirst() == (0..<20).map { ClusterInput.commitEnded(CommitID(rawValue: $0), .committed) }[...])
                #expect(store.now.commits == writes)
            }
        }
    }

    @Test("a deadline is kept, however busy the inbox is, and never early")
    func deadlines() async throws {
        let ticks = Recorder<(due: Instant, at: Instant)>()
        let harness = CoordinatorHarness(machine: {
            ScriptedMachine(deadline: BootClock.now + .milliseconds(50), inputs: Recorder()) { input, deadline in
                if input == .tick, let due = deadline {
                    ticks.record((due, BootClock.now))
                    deadline = BootClock.now + .milliseconds(50)
                }
                return []
            }
        })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                for stamp in Int64(1)...2000 { worker.say(ScriptedWorker.renew(stamp)) }
                let seen = try await ticks.wait("twenty ticks") { $0.count >= 20 }
                let late = seen.map { $0.at - $0.due }.sorted()
                #expect(late[0] >= .zero)
                #expect(late[late.count / 2] < .seconds(1), "\(late)")
            }
        }
    }

    @Test("an operator's request is answered once, by the machine")
    func requests() async throws {
        let harness = CoordinatorHarness(machine: {
            ScriptedMachine(inputs: Recorder()) { input, _ in
                guard case .request(let id, let request) = input else { return [] }
                return [.answer(id, .done("\(request)")), .answer(id, .refused("twice"))]
            }
        })
        try await harness.run { _ in
            let published = Recorder<ClusterStatus>()
            while published.all.isEmpty {
                if let status = harness.service.desk.status { published.record(status) }
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(await harness.service.desk.ask(.reshard(to: 24)) == .done("reshard(to: 24)"))
        }
        #expect(await harness.service.desk.ask(.reshard(to: 24)) == .refused("the coordinator is stopping"))
    }

    @Test("401 at the first question ends it with one clear line; a broken REST API does not")
    func firstAnswer() async throws {
        let dead = CoordinatorHarness(gateway: ScriptedGateway(answer: .failed(.unauthorized)))
        await dead.runUntilItEnds()
        #expect(dead.ended.all[0].hasPrefix("Discord refuses the token: GET /gateway/bot answered 401"))
        let broken = CoordinatorHarness(gateway: ScriptedGateway(answer: .failed(.temporary("HTTP 500"))))
        try await broken.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                try await worker.received.wait("welcome") { !$0.isEmpty }
            }
            #expect(broken.ended.all.isEmpty)
        }
    }

    @Test("asked to stop, it writes what is queued, gives leadership up and ends the streams")
    func gracefulStop() async throws {
        let store = InMemoryStore()
        let inputs = Recorder<ClusterInput>()
        let row = CheckpointRow(
            lease: ShardLease(key: ShardKey(generation: Generation(rawValue: 1), shard: ShardID(0)), epoch: AssignmentEpoch(rawValue: 1)), session: nil)
        let harness = CoordinatorHarness(
            store: store,
            machine: {
                ScriptedMachine(inputs: inputs) { input, _ in input == .stopRequested ? [.checkpoint([row]), .stop(.requested)] : [] }
            })
        store.change { $0.delay = .milliseconds(200) }
        let group = ServiceGroup(configuration: .init(services: [harness.service], logger: CoordinatorHarness.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try await harness.ports.wait("listening") { !$0.isEmpty }[0]
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                try await inputs.wait("hello") { $0.contains { $0.isMessage } }
                await group.triggerGracefulShutdown()
                let end = try await worker.ended.wait("the end of the stream") { !$0.isEmpty }[0]
                #expect(end == nil, "the stream ends cleanly")
            }
            try await tasks.waitForAll()
        }
        #expect(store.now.checkpoints == [[row]])
        #expect(store.now.released)
    }
}
