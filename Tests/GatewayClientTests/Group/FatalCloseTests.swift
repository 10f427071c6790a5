import GatewayClient
import SimulatedGateway
import Testing

@Suite("Closes that end more than a connection", .timeLimit(.minutes(3))) struct FatalCloseTests {
    @Test("4004, 4012, 4013 and 4014 end the run with an error, and the other shards stay resumable", arguments: [UInt16(4004), 4012, 4013, 4014])
    func fatal(code: UInt16) async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 3), gate: Simulator.gate())
            let collector = Collector()
            let result = try await group.test(collector) { group, collector in
                await collector.waitForConnectedAllShards(3)
                try await simulator.inject(.close(.shard(1, numShards: 3), code: code))
                await collector.wait { (events: [LifecycleEvent]) in events.last == .groupEnded }
            }
            guard case .failure(.fatalClose(let shard, code)) = result else { return #expect(Bool(false), "\(result)") }
            #expect(shard.id == ShardID(1))
            #expect(group.snapshot().map { $0.session != nil } == [true, false, true])
            #expect(group.snapshot()[1].phase == .failed)
            #expect(try await simulator.machine().counts.closedByClient.map(\.code) == [4000])
        }
    }

    @Test("defect 10: an intent that is not allowed ends the run at the first IDENTIFY, instead of identifying for ever") func disallowed() async throws {
        try await Simulator.run {
            $0.allowedIntents = 0
        } _: { simulator in
            let group = try ShardGroup(simulator.configuration(intents: 1 << 15), shards: ShardState.all(of: 1), gate: Simulator.gate())
            let result = try await group.test { _, collector in await collector.wait { (events: [LifecycleEvent]) in events.last == .groupEnded } }
            guard case .failure(.fatalClose(_, 4014)) = result else { return #expect(Bool(false), "\(result)") }
            #expect(try await simulator.machine().counts.identifies == 1)
        }
    }

    @Test("defects 14, 15: 4011 stops its shard set, resumably, and asks for a re-shard once; other sets and the group go on", arguments: [UInt16(4010), 4011])
    func reshard(code: UInt16) async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(
                simulator.configuration(), shards: ShardState.all(of: 3) + ShardState.all(of: 2), gate: Simulator.gate())
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(5)
                try await simulator.inject(.close(.shard(1, numShards: 3), code: code))
                await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isEnded } == 3 }
                #expect(collector.lifecycle.filter { $0 == .reshardRequired(numShards: 3, code: code) }.count == 1)
                let old = group.snapshot(matching: [ShardMatcher(numShards: 3)])
                #expect(old.map { $0.session != nil } == [true, false, true])
                #expect(group.snapshot(matching: [ShardMatcher(numShards: 2)]).map(\.phase) == [.live, .live])
                let results = try await group.attach(ShardState.all(of: 6))
                #expect(results.allSatisfy { $0.outcome == .identified })
                try await simulator.publish(1, toShard: 5, of: 6)
                await collector.wait { (collector: Collector) in collector.dispatches.contains { $0.type == .messageCreate && $0.shard.numShards == 6 } }
            }
        }
    }

    @Test("a gate that is cancelled by somebody else has given up too: no shard waits for it for ever") func gateCancelled() async throws {
        struct CancelledGate: IdentifyGate {
            func acquire(shard: ShardID, numShards: Int) async throws -> PermitID { throw CancellationError() }
            func commit(_ permit: PermitID) async throws -> Instant { throw CancellationError() }
            func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {}
        }
        let group = try ShardGroup(GroupStage.configuration(port: 1), shards: ShardState.all(of: 2), gate: CancelledGate())
        await #expect {
            try await group.run()
        } throws: { error in
            if case ShardGroupError.identifyGate(let cause) = error { cause is CancellationError } else { false }
        }
    }

    @Test("a gate that gives up ends the run with its error, and live shards stay resumable") func gateFails() async throws {
        try await Simulator.run { simulator in
            let first = try ShardGroup(simulator.configuration(), shards: [ShardState(id: ShardID(0), numShards: 2)], gate: Simulator.gate())
            try await first.test { _, collector in await collector.waitForConnectedAllShards(1) }
            let states = first.snapshot() + [ShardState(id: ShardID(1), numShards: 2)]
            let group = try ShardGroup(simulator.configuration(), shards: states, gate: ForbiddenGate())
            let result = try await group.test { _, collector in await collector.wait { (events: [LifecycleEvent]) in events.last == .groupEnded } }
            guard case .failure(.identifyGate(let error)) = result else { return #expect(Bool(false), "\(result)") }
            #expect(error is ForbiddenGate.Asked)
            #expect(group.snapshot()[0].session?.sessionID == states[0].session?.sessionID)
        }
    }

    @Test(
        "defect 31: each close that is not fatal leads to what its disposition says",
        arguments: [UInt16(4000), 4001, 4002, 4003, 4005, 4007, 4008, 4009, 1000, 1001])
    func dispositions(code: UInt16) async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 1), gate: Simulator.gate())
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(1)
                try await simulator.inject(.close(.all, code: code))
                await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isReady || $0.isResumed } == 2 }
                // Without a code it is one of ours, on a machine so busy that a permit ran out.
                let dispositions = collector.lifecycle.compactMap { event -> CloseDisposition? in
                    if case .disconnected(_, code, _, let disposition) = event { disposition } else { nil }
                }
                let disposition = CloseDisposition.after(code: code)
                #expect(dispositions == [disposition])
                #expect(collector.lifecycle.contains { $0.isResumed } == (disposition == .resume))
                #expect(collector.lifecycle.count { $0.isReady } == (disposition == .resume ? 1 : 2))
            }
        }
    }
}
