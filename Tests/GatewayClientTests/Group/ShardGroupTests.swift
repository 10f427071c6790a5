import Foundation
import GatewayClient
import SimulatedGateway
import Testing

@Suite("Shard group", .timeLimit(.minutes(1))) struct ShardGroupTests {
    @Test("defects 1, 26, 27: all shards are connected exactly when each is live, every event says whose it is, every shard identifies as itself")
    func wholeBot() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 8), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(8)
                #expect(collector.lifecycle.count { $0.isReady } == 8)
                let machine = try await simulator.machine()
                #expect(machine.sessionStatuses.count { $0.connection != nil } == 8)
                #expect(machine.identifyArrivals.map(\.shard).sorted() == Array(0..<8))
                #expect(machine.violations.isEmpty)
                #expect(group.snapshot().map(\.phase) == Array(repeating: .live, count: 8))
                try await simulator.publish(3, toShard: 5, of: 8)
                await collector.wait { (collector: Collector) in collector.events.count == 3 }
                #expect(collector.dispatches.filter { $0.type == .messageCreate }.allSatisfy { $0.shard == ShardIdentity(id: ShardID(5), numShards: 8) })
            }
        }
    }

    @Test("defect 24: 200 shards start in one process, with hardly a thread more")
    func manyShards() async throws {
        try await Simulator.run(guilds: 200) { simulator in
            let threads = try Self.threads()
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 200), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(200)
                let arrivals = try await simulator.machine().identifyArrivals
                #expect(Set(arrivals.map(\.shard)) == Set(0..<200))
                #expect(collector.lifecycle.filter { $0 == .connectedAllShards(count: 200) }.count == 1)
                // Other suites run at the same time, and have their own.
                #expect(try Self.threads() < threads + 100)
            }
            #expect(try await simulator.machine().counts.closedByClient.map(\.code) == [4000])
        }
    }

    private static func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    @Test("the end of the task closes with 4000, and a second run resumes every session without a permit, losing and repeating nothing")
    func cancelIsResumable() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 3), gate: Simulator.gate())
            let collector = Collector()
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try? await group.run() }
                tasks.addTask { await collector.consume(group.events) }
                await collector.waitForConnectedAllShards(3)
                try? await simulator.publish(5, toShard: 1, of: 3)
                await collector.wait { (collector: Collector) in collector.events.count == 5 }
                tasks.cancelAll()
            }
            let states = group.snapshot()
            #expect(states.allSatisfy { $0.session != nil })
            let counts = try await simulator.machine().counts
            #expect(counts.closedByClient.map(\.code) == [4000] && counts.closedByClient.map(\.count) == [3])
            try await simulator.publish(5, toShard: 1, of: 3)
            let second = try ShardGroup(simulator.configuration(), shards: states, gate: ForbiddenGate())
            try await second.test { _, later in
                await later.waitForConnectedAllShards(3)
                await later.wait { (later: Collector) in later.events.count >= 10 - collector.events.count }
                #expect(later.lifecycle.count { $0.isResumed } == 3)
                #expect(!later.lifecycle.contains { $0.isGap })
                let due = try await simulator.due()
                #expect(due.count == 10)
                #expect(due.subtracting(collector.events + later.events).isEmpty, "lost")
                #expect(collector.events.count + later.events.count == 10, "something came twice")
            }
            #expect(try await simulator.machine().counts.identifies == 3)
        }
    }

    @Test("defect 44: invalidate closes with 1000 and ends the sessions, once, however often it is asked for") func invalidate() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 2), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(2)
                async let first: Void = group.shutdown(.invalidate)
                async let second: Void = group.shutdown(.invalidate)
                _ = await (first, second)
                await group.shutdown(.resumable)
                let counts = try await simulator.machine().counts
                #expect(counts.closedByClient.map(\.code) == [1000] && counts.closedByClient.map(\.count) == [2])
                #expect(try await simulator.machine().sessionStatuses.isEmpty)
                #expect(group.snapshot().allSatisfy { $0.session == nil })
                await collector.wait { (events: [LifecycleEvent]) in events.last == .groupEnded }
                #expect(collector.lifecycle.count { $0.isEnded } == 2, "each end is told once")
                #expect(collector.lifecycle.count { if case .gap(_, .invalidated, _) = $0 { true } else { false } } == 2)
                #expect(collector.lifecycle.count { $0 == .groupEnded } == 1)
            }
        }
    }

    @Test("defect 47: after the end, calls answer with errors and results, and nothing traps") func afterTheEnd() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 1), gate: Simulator.gate())
            try await group.test { group, collector in await collector.waitForConnectedAllShards(1) }
            await group.shutdown(.resumable)
            #expect(group.snapshot().count == 1)
            await #expect(throws: ShardGroupError.self) { try await group.attach(ShardState.all(of: 2)) }
            await #expect(throws: ShardGroupError.self) { try await group.run() }
            group.resumeReading(ShardIdentity(id: ShardID(0), numShards: 1))
            #expect(await group.detach().count == 1)
            #expect(group.snapshot().isEmpty)
        }
    }

    @Test("a group that never ran can be emptied and shut down") func neverRan() async throws {
        let states = ShardState.all(of: 2)
        let simulatorless = ShardGroupConfiguration(token: Secret("t"), intents: 1, gatewayURL: "ws://127.0.0.1:1")
        let group = try ShardGroup(simulatorless, shards: states, gate: ForbiddenGate())
        #expect(await group.detach(matching: [ShardMatcher(id: ShardID(1))]).map(\.id) == [ShardID(1)])
        await group.shutdown(.resumable)
        #expect(group.snapshot().map(\.id) == [ShardID(0)])
        var events: [LifecycleEvent] = []
        for await event in group.events { if case .lifecycle(let event) = event { events.append(event) } }
        #expect(events == [.ended(states[1].shard, .stopped(nil)), .ended(states[0].shard, .stopped(nil)), .groupEnded])
    }

    @Test("defect 19: what cannot be is thrown as a mistake that says how to fix it, before anything is dialed") func mistakes() {
        func group(_ states: [ShardState], url: String = "ws://127.0.0.1:1") throws -> ShardGroup {
            try ShardGroup(ShardGroupConfiguration(token: Secret("s3cret"), intents: 1, gatewayURL: url), shards: states, gate: ForbiddenGate())
        }
        #expect(throws: OperatorMistake.self) { try group([ShardState(id: ShardID(2), numShards: 2)]) }
        #expect(throws: OperatorMistake.self) { try group(ShardState.all(of: 1), url: "https://discord.com") }
        #expect(throws: OperatorMistake.self) { try group(ShardState.all(of: 1) + ShardState.all(of: 1)) }
    }

    @Test("defect 21: no error, state or configuration shows the token") func tokenStaysSecret() throws {
        let configuration = ShardGroupConfiguration(token: Secret("s3cret"), intents: 1, gatewayURL: "nonsense")
        var shown = "\(configuration) \(ShardState.all(of: 1)) \(ShardGroupError.unauthorized)"
        do { _ = try ShardGroup(configuration, shards: ShardState.all(of: 1), gate: ForbiddenGate()) } catch { shown += "\(error)" }
        dump(configuration, to: &shown)
        #expect(!shown.contains("s3cret"))
    }
}
