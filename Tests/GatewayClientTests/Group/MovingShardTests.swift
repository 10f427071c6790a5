import Foundation
import GatewayClient
import SimulatedGateway
import Testing

@Suite("Moving shards", .timeLimit(.minutes(2))) struct MovingShardTests {
    @Test("defects 12, 13: shards move to another group under load: nothing is lost, nothing comes twice, nobody identifies")
    func move() async throws {
        try await Simulator.run { simulator in
            let first = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 4), gate: Simulator.gate())
            let second = try ShardGroup(simulator.configuration(), shards: [], gate: ForbiddenGate())
            let (before, after) = (Collector(), Collector())
            try await first.test(before) { first, _ in
                try await second.test(after) { second, _ in
                    await before.waitForConnectedAllShards(4)
                    async let published: Void = Self.publish(400, on: simulator)
                    await before.wait { (collector: Collector) in collector.events.count > 50 }
                    let states = await first.detach(matching: [ShardMatcher(id: ShardID(1)), ShardMatcher(id: ShardID(3))])
                    #expect(states.map(\.id) == [ShardID(1), ShardID(3)])
                    let results = try await second.attach(states)
                    #expect(results.allSatisfy { if case .resumed = $0.outcome { true } else { false } })
                    try await published
                    while before.events.count + after.events.count < 400 { try await Task.sleep(for: .milliseconds(5)) }
                    let due = try await simulator.due()
                    #expect(due.subtracting(before.events + after.events).isEmpty, "lost")
                    #expect(before.events.count + after.events.count == due.count, "something came twice")
                    #expect(first.snapshot().map(\.id) == [ShardID(0), ShardID(2)] && second.snapshot().map(\.id) == [ShardID(1), ShardID(3)])
                    let machine = try await simulator.machine()
                    #expect(machine.counts.identifies == 4 && machine.violations.isEmpty)
                }
            }
        }
    }

    /// Round robin over four shards, with pauses so that the move happens in between.
    private static func publish(_ count: Int, on simulator: Simulator) async throws {
        for number in 0..<count {
            try await simulator.publish(1, toShard: number % 4, of: 4)
            if number % 10 == 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("what a slow consumer did not take before a shard left comes to the next owner, and not to it any more") func slowConsumer() async throws {
        try await Simulator.run { simulator in
            let first = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 1), gate: Simulator.gate())
            let after = Collector()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await first.run() }
                var taken: [Int64] = []
                var events = first.events.makeAsyncIterator()
                while let event = await events.next() { if case .lifecycle(.connectedAllShards) = event { break } }
                try await simulator.publish(20, toShard: 0, of: 1)
                // Five messages are in the consumer's hands and asked beyond, a sixth is not asked beyond.
                while taken.count < 6, let event = await events.next() {
                    if case .dispatch(let dispatch) = event, dispatch.type == .messageCreate { taken.append(dispatch.sequence) }
                }
                let states = await first.detach()
                #expect(states[0].session?.sequence == taken[4])
                let second = try ShardGroup(simulator.configuration(), shards: states, gate: ForbiddenGate())
                try await second.test(after) { _, after in
                    await after.wait { (after: Collector) in after.events.count == 15 }
                    #expect(after.events.map(\.sequence) == Array((taken[4] + 1)...(taken[4] + 15)))
                }
                await first.shutdown(.resumable)
                while let event = await events.next() { if case .dispatch(let late) = event { Issue.record("\(late.sequence) came to the old owner") } }
                try await tasks.waitForAll()
            }
        }
    }

    @Test("defects 17, 18: resumes start all at once and ask no gate, while one that must identify waits and opens no socket")
    func resumesDoNotWait() async throws {
        try await Simulator.run { simulator in
            let first = try ShardGroup(simulator.configuration(), shards: Array(ShardState.all(of: 21).dropLast()), gate: Simulator.gate())
            try await first.test { _, collector in await collector.waitForConnectedAllShards(20) }
            let gate = NotingGate(open: [])
            let second = try ShardGroup(simulator.configuration(), shards: [], gate: gate)
            try await second.test { second, collector in
                let last = ShardIdentity(id: ShardID(20), numShards: 21)
                async let waiting = second.attach([ShardState(id: last.id, numShards: last.numShards)])
                let results = try await second.attach(first.snapshot())
                #expect(results.count == 20)
                #expect(results.allSatisfy { if case .resumed = $0.outcome { true } else { false } })
                while gate.asked.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
                #expect(gate.asked == [last])
                #expect(second.snapshot(matching: [ShardMatcher(last)]).map(\.phase) == [.awaitingPermit])
                #expect(!collector.lifecycle.contains(.connecting(last)), "no socket before the permit")
                #expect(!collector.lifecycle.contains { if case .connectedAllShards = $0 { true } else { false } }, "one is missing")
                gate.open(last)
                let waited = try await waiting
                #expect(waited.map(\.outcome) == [.identified])
                await collector.waitForConnectedAllShards(21)
                let permit = PermitID(rawValue: "n1")
                while gate.calls.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
                #expect(gate.calls == [.acquired(permit, last), .committed(permit), .settled(permit, .ready)])
            }
        }
    }

    @Test("defect 18: a shard goes on with the intents, the encoding and the compression that it had, whatever the next group's are")
    func stateIsComplete() async throws {
        try await Simulator.run { simulator in
            var configuration = simulator.configuration(intents: 1 << 0 | 1 << 9)
            configuration.shard.compression = .zlibStream
            let first = try ShardGroup(configuration, shards: ShardState.all(of: 1), gate: Simulator.gate())
            try await first.test { _, collector in await collector.waitForConnectedAllShards(1) }
            let sent = try JSONEncoder().encode(first.snapshot())
            let states = try JSONDecoder().decode([ShardState].self, from: sent)
            #expect(states[0].intents == 1 << 0 | 1 << 9 && states[0].compression == .zlibStream && states[0].encoding == .json)
            let second = try ShardGroup(simulator.configuration(intents: 1), shards: [], gate: Simulator.gate())
            try await second.test { second, collector in
                let results = try await second.attach(states)
                #expect(results.map(\.shard) == [states[0].shard])
                try await simulator.inject(.invalidate(.all, resumable: false))
                await collector.wait { (events: [LifecycleEvent]) in events.contains { $0.isReady } }
                #expect(try await simulator.machine().sessionStatuses.map(\.intents) == [1 << 0 | 1 << 9])
            }
        }
    }

    @Test("every shard that is attached has its own result") func attachResults() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: [], gate: Simulator.gate())
            try await group.test { group, collector in
                let states = ShardState.all(of: 2)
                try await group.expect([.identified, .identified], attaching: states)
                try await group.expect([.alreadyAttached], attaching: [states[1]])
                let unknown = GatewaySession(sessionID: "nobody-knows-it", resumeGatewayURL: simulator.url, sequence: 5)
                let lost = ShardState(id: ShardID(2), numShards: 3, session: unknown)
                try await group.expect([.identified], attaching: [lost])
                #expect(collector.lifecycle.contains { if case .gap(lost.shard, .sessionLost, let after) = $0 { after == unknown } else { false } })
                await #expect(throws: OperatorMistake.self) { try await group.attach([ShardState(id: ShardID(3), numShards: 3)]) }
            }
        }
    }

    @Test("defect 14: a group without shards stays alive, and takes new ones") func emptyGroup() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 1), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(1)
                let states = await group.detach()
                #expect(group.snapshot().isEmpty)
                let results = try await group.attach(states)
                #expect(results.allSatisfy { if case .resumed = $0.outcome { true } else { false } })
                await collector.wait { (events: [LifecycleEvent]) in events.filter { $0 == .connectedAllShards(count: 1) }.count == 2 }
            }
        }
    }

    @Test("a shard that waits for a permit is detached at once, and its place at the gate is given up") func detachWaiting() async throws {
        let gate = NotingGate(open: [])
        let configuration = ShardGroupConfiguration(token: Secret("t"), intents: 1, gatewayURL: "ws://127.0.0.1:1")
        let group = try ShardGroup(configuration, shards: ShardState.all(of: 1), gate: gate)
        try await group.test { group, _ in
            while gate.asked.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            let states = await group.detach()
            #expect(states == [ShardState(id: ShardID(0), numShards: 1, intents: 1, compression: .zlibStream, encoding: .json)])
        }
        #expect(gate.calls.isEmpty)
    }
}
