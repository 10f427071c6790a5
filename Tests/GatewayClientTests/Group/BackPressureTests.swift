import GatewayClient
import Logging
import NIOCore
import SimulatedGateway
import Synchronization
import Testing

@Suite("Back-pressure", .timeLimit(.minutes(2))) struct BackPressureTests {
    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { self.count.withLock { $0 } }
        func rise() { self.count.withLock { $0 += 1 } }
    }

    @Test("a consumer that sleeps stops the reading of a full shard; heartbeats go on, and then everything comes") func sleepingConsumer() async throws {
        let (sent, total) = (Counter(), 400)
        let padding = String(repeating: "x", count: 100_000)
        let server = try await ScriptedServer.listen()
        let url = "ws://127.0.0.1:\(server.port)/gateway"
        var configuration = ShardGroupConfiguration(
            token: Secret("t"), intents: 1, gatewayURL: url, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        configuration.shard.compression = .none
        let state = ShardState(
            id: ShardID(0), numShards: 1, session: GatewaySession(sessionID: "stored", resumeGatewayURL: url, sequence: 10))
        let group = try ShardGroup(
            configuration, shards: [state], gate: ForbiddenGate(), delivery: .sequence(EventLimits(eventsPerShard: 8, bytesPerShard: 1 << 30)))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await server.run { peer, _ in
                    try await peer.upgrade(with: [.text(#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":2000}}"#)])
                    try await peer.receive(op: 6)
                    let (channel, outbound) = (peer.channel, peer.outbound)
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        tasks.addTask {
                            try await outbound.write(.init(bytes: Frame.text(Rig.resumed(11)).bytes))
                            for sequence in 0..<total {
                                let frame = Frame.text(Rig.dispatch(Int64(12 + sequence), data: #"{"content":"\#(padding)"}"#))
                                try await outbound.write(.init(bytes: frame.bytes))
                                sent.rise()
                            }
                        }
                        // Reads, so that heartbeats are noted; the close frame ends it. The ACKs wait behind all that is not read.
                        while case let frame = try await peer.receive(), frame.closeCode == nil {
                            if frame.opcode == 1 { tasks.addTask { try await outbound.write(.init(bytes: Frame.text(Rig.ack).bytes)) } }
                        }
                        try await channel.close().get()
                    }
                }
            }
            tasks.addTask { try await group.run() }
            // A missing ACK proves nothing while we are the ones who do not read.
            while server.frames.all.count(where: { $0.opcode == 1 }) < 1 + 3 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(sent.value < total, "the server could write everything, so all of it was read")
            #expect(server.frames.closeCodes.isEmpty)
            var sequences: [Int64] = []
            var lifecycle: [LifecycleEvent] = []
            for await event in group.events {
                switch event {
                case .dispatch(let dispatch): if dispatch.type == .messageCreate { sequences.append(dispatch.sequence) }
                case .lifecycle(let event): lifecycle.append(event)
                }
                if sequences.count == total { break }
            }
            #expect(sequences == (0..<total).map { Int64(12 + $0) })
            #expect(!lifecycle.contains { $0.isDisconnected || $0.isGap })
            await group.shutdown(.resumable)
            tasks.cancelAll()
            try? await tasks.waitForAll()
        }
    }

    @Test("defect 5: a burst of 20,000 events to a consumer that is slow at first ends nothing, loses nothing and repeats nothing")
    func burst() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(
                simulator.configuration(compression: .zlibStream), shards: ShardState.all(of: 2), gate: Simulator.gate(),
                delivery: .sequence(EventLimits(eventsPerShard: 256)))
            let collector = Collector()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                while group.snapshot().contains(where: { $0.phase != .live }) { try await Task.sleep(for: .milliseconds(10)) }
                for _ in 0..<200 { try await simulator.publish(100, toShard: 1, of: 2) }
                tasks.addTask { await collector.consume(group.events) }
                await collector.wait { (collector: Collector) in collector.events.count >= 20_000 }
                #expect(collector.events.map(\.sequence) == Array(collector.events[0].sequence..<collector.events[0].sequence + 20_000))
                #expect(!collector.lifecycle.contains { $0.isDisconnected || $0.isGap })
                await group.shutdown(.resumable)
                try await tasks.waitForAll()
            }
        }
    }

    @Test("inline handlers accept as they return, and a second run repeats nothing") func inline() async throws {
        try await Simulator.run { simulator in
            let collector = Collector()
            let delivery = GroupDelivery.inline(handler: { _ in CollectingHandler(collector: collector) }, lifecycle: { collector.take($0) })
            func run(_ states: [ShardState], gate: any IdentifyGate, _ body: () async throws -> Void) async throws -> [ShardState] {
                let group = try ShardGroup(simulator.configuration(), shards: states, gate: gate, delivery: delivery)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    try await body()
                    tasks.cancelAll()
                    try await tasks.waitForAll()
                }
                return group.snapshot()
            }
            let states = try await run(ShardState.all(of: 2), gate: Simulator.gate()) {
                await collector.waitForConnectedAllShards(2)
                try await simulator.publish(50, toShard: 1, of: 2)
                await collector.wait { (collector: Collector) in collector.events.count == 50 }
            }
            #expect(states[1].session?.sequence == collector.events.last?.sequence)
            #expect(states[1].lastEventAtMilliseconds != nil)
            try await simulator.publish(10, toShard: 1, of: 2)
            _ = try await run(states, gate: ForbiddenGate()) {
                await collector.wait { (collector: Collector) in collector.events.count == 60 && collector.lifecycle.count { $0.isResumed } == 2 }
            }
            #expect(Set(collector.events).count == 60)
            #expect(collector.lifecycle.last == .groupEnded)
        }
    }

    @Test("with manual acceptance, what its owner did not accept comes again") func manual() async throws {
        try await Simulator.run { simulator in
            let collector = Collector()
            let group = try ShardGroup(
                simulator.configuration(), shards: ShardState.all(of: 1), gate: Simulator.gate(),
                delivery: .inline(acceptance: .manual, handler: { _ in CollectingHandler(collector: collector) }, lifecycle: { collector.take($0) }))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                await collector.waitForConnectedAllShards(1)
                try await simulator.publish(10, toShard: 0, of: 1)
                await collector.wait { (collector: Collector) in collector.events.count == 10 }
                let third = collector.events[2]
                let shard = ShardIdentity(id: ShardID(0), numShards: 1)
                group.accepted(shard, sequence: third.sequence, sessionID: third.sessionID)
                async let detached = group.detach()
                while group.snapshot().contains(where: { $0.phase == .live }) { try await Task.sleep(for: .milliseconds(5)) }
                group.flushed(shard)
                let states = await detached
                #expect(states[0].session?.sequence == third.sequence)
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
        }
    }
}
