import GatewayClient
import GatewayModel
import Synchronization
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around many shards", .timeLimit(.minutes(1))) struct GroupDefectTests {
    @Test("Defect 1: connectedAllShards comes when every shard is live, not before") func defect01State() async throws {
        let (wait, go) = AsyncStream<Void>.makeStream()
        let script = GroupStage.script(
            before: { _, arrival in
                // READY of shard 1 is withheld.
                if arrival.shard == 1 { for await _ in wait { break } }
            }, live: { peer, _ in await peer.rest() })
        try await GroupStage.run(script, shards: { _ in (0..<3).map { GroupStage.state($0, of: 3) } }) { stage in
            await stage.log.wait { items in items.count { if case .lifecycle(.ready) = $0 { true } else { false } } == 2 }
            #expect(stage.group.snapshot().count { $0.phase == .live } <= 2)
            #expect(!stage.log.lifecycle.contains(.connectedAllShards(count: 3)))
            go.yield()
            await stage.log.wait(for: .connectedAllShards(count: 3))
            let ready = stage.log.lifecycle.lastIndex { if case .ready = $0 { true } else { false } } ?? .max
            #expect(ready < stage.log.lifecycle.firstIndex(of: .connectedAllShards(count: 3)) ?? -1)
            #expect(stage.group.snapshot().allSatisfy { $0.phase == .live })
        }
    }

    /// One shard's stream, on as many connections as it takes: `last` events, each once RESUMEd from where it was asked.
    private static func stream(last: Int64) -> ScriptedServer.Script {
        GroupStage.script { peer, arrival in
            for sequence in arrival.next..<max(arrival.next, last + 1) { try await peer.send(Rig.dispatch(sequence)) }
            await peer.rest()
        }
    }

    @Test("Defect 12: a shard that is taken out in a flood is closed for certain, and everything it took is in its state") func defect12Detach() async throws {
        let script = GroupStage.script { peer, arrival in
            var sequence = arrival.next
            while true {
                try await peer.send(Rig.dispatch(sequence))
                sequence += 1
                // A send that need not wait suspends nobody: with one processor, the test itself would not get its turn.
                if sequence % 16 == 0 { await Task.yield() }
            }
        }
        try await GroupStage.run(script, shards: { _ in [GroupStage.state(0, of: 1)] }) { stage in
            await stage.log.wait { $0.count > 100 }
            let states = await stage.group.detach(matching: [.all])
            let delivered = stage.log.sequences(of: 0)
            #expect(states.count == 1)
            #expect(states.first?.session?.sequence == delivered.last)
            #expect(delivered == Array(1...Int64(delivered.count)))
            #expect(stage.group.snapshot() == [])
            #expect(stage.log.lifecycle.count { if case .ended = $0 { true } else { false } } == 1)
        }
    }

    @Test("Defect 13: a shard moves under load without losing or repeating an event") func defect13Move() async throws {
        let last: Int64 = 5000
        try await GroupStage.run(Self.stream(last: last), shards: { _ in [GroupStage.state(0, of: 1)] }) { stage in
            await stage.log.wait { $0.count > 200 }
            let states = await stage.group.detach(matching: [.all])
            #expect(states.first?.session?.resumeGatewayURL.isEmpty == false)
            let there = GroupLog()
            let group = try GroupStage.group(port: stage.server.port, shards: [], log: there)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let results = try await group.attach(states)
                guard case .resumed? = results.first?.outcome else { return #expect(Bool(false), "\(results)") }
                // RESUMED takes a sequence of its own.
                await there.wait { $0.contains(.dispatch(shard: 0, last, .messageCreate)) }
                await group.shutdown(.resumable)
            }
            #expect(stage.log.sequences(of: 0) + there.sequences(of: 0) == Array(1...last))
        }
    }

    @Test("Defect 14: without shards a group stays alive, answers, and takes new ones") func defect14Empty() async throws {
        let script = GroupStage.script { peer, _ in await peer.rest() }
        try await GroupStage.run(script, shards: { _ in [GroupStage.state(0, of: 2)] }) { stage in
            await stage.log.wait(for: .connectedAllShards(count: 1))
            #expect(await stage.group.detach(matching: [.all]).count == 1)
            #expect(stage.group.snapshot() == [])
            #expect(await stage.group.detach(matching: [.all]) == [])
            let results = try await stage.group.attach([GroupStage.state(1, of: 2)])
            #expect(results.map(\.outcome) == [.identified])
            #expect(!stage.log.lifecycle.contains(.groupEnded))
        }
    }

    @Test("Defect 14: a shard that is attached again in the moment when it was taken out is one of the group's again") func defect14Again() async throws {
        let script = GroupStage.script { peer, _ in await peer.rest() }
        try await GroupStage.run(script, shards: { _ in [GroupStage.state(0, of: 1)] }) { stage in
            for round in 1...200 {
                await stage.log.wait { items in items.count { $0 == .lifecycle(.connectedAllShards(count: 1)) } == round }
                let states = await stage.group.detach(matching: [.all])
                guard case .resumed? = try await stage.group.attach(states).first?.outcome else { return #expect(Bool(false), "in round \(round)") }
            }
        }
    }

    @Test("Defect 14: after the end nothing vanishes: every call says that it is over") func defect14Ended() async throws {
        let script = GroupStage.script { peer, _ in await peer.rest() }
        try await GroupStage.run(script, shards: { _ in [GroupStage.state(0, of: 1)] }) { stage in
            await stage.log.wait(for: .connectedAllShards(count: 1))
            await stage.group.shutdown(.resumable)
            await #expect(throws: ShardGroupError.self) { try await stage.group.attach([GroupStage.state(0, of: 1)]) }
            #expect(stage.group.snapshot().count == 1)
            _ = await stage.group.detach(matching: [.all])
            await stage.group.shutdown(.resumable)
        }
    }

    @Test("Defect 15: 4011 ends the shards of its set, once and resumably; other sets go on") func defect15OtherSets() async throws {
        let script = GroupStage.script { peer, arrival in
            if arrival.shard == 1 { try await peer.send(.close(4011)) }
            await peer.rest()
        }
        try await GroupStage.run(script, shards: { _ in [GroupStage.state(0, of: 2), GroupStage.state(2, of: 4)] }) { stage in
            await stage.log.wait(for: .connectedAllShards(count: 2))
            _ = try await stage.group.attach([GroupStage.state(1, of: 2)])
            await stage.log.wait(for: .reshardRequired(numShards: 2, code: 4011))
            await stage.log.wait { items in items.count { if case .lifecycle(.ended) = $0 { true } else { false } } == 2 }
            let states = stage.group.snapshot()
            #expect(states.map(\.phase) == [.waiting, .failed, .live])
            // Where it left off: a set to come may still take it over.
            #expect(states.first?.session?.sessionID == "s0")
            #expect(!stage.log.lifecycle.contains(.groupEnded))
            #expect(stage.log.lifecycle.count { if case .reshardRequired = $0 { true } else { false } } == 1)
        }
    }

    @Test("Defect 18: sixty sessions are resumed at once, and keep their own intents") func defect18Resumes() async throws {
        let script = GroupStage.script { peer, _ in await peer.rest() }
        try await GroupStage.run(script, shards: { _ in [] }) { stage in
            var states = (0..<60).map { GroupStage.state($0, of: 60, sequence: 10, port: stage.server.port) }
            states[7].intents = 513
            let start = ContinuousClock.now
            let results = try await stage.group.attach(states)
            #expect(results.allSatisfy { $0.outcome == .resumed(replayed: 0) })
            // Spaced by 5.1 s as IDENTIFYs are, it would be five minutes.
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(stage.group.snapshot()[7].intents == 513)
        }
    }

    @Test("Defect 26: what happens to a single shard is told with its number, and can be looked up") func defect26Introspection() async throws {
        let hasClosed = Mutex(false)
        let script = GroupStage.script { peer, arrival in
            let closes = hasClosed.withLock { hasClosed in
                defer { if arrival.shard == 1 { hasClosed = true } }
                return arrival.shard == 1 && !hasClosed
            }
            if closes { try await peer.send(.close(4000)) }
            await peer.rest()
        }
        try await GroupStage.run(script, shards: { _ in (0..<2).map { GroupStage.state($0, of: 2) } }) { stage in
            let one = ShardIdentity(id: ShardID(1), numShards: 2)
            await stage.log.wait { items in items.contains { if case .lifecycle(.resumed(one, _, _)) = $0 { true } else { false } } }
            let down = stage.log.lifecycle.compactMap { if case .disconnected(let shard, let code, _, let next) = $0 { (shard, code, next) } else { nil } }
            #expect(down.contains { $0.0 == one && $0.1 == 4000 && $0.2 == .resume }, "\(down)")
            #expect(down.allSatisfy { $0.0 == one })
            let states = stage.group.snapshot(matching: [ShardMatcher(id: ShardID(1))])
            #expect(states.map(\.shard) == [one])
            #expect(states.first?.session?.sessionID == "s1")
        }
    }
}
