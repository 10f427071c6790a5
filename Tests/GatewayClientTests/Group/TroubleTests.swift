import Foundation
import GatewayClient
import Logging
import NIOCore
import SimulatedGateway
import Synchronization
import Testing

@Suite("Groups in trouble", .timeLimit(.minutes(1))) struct TroubleTests {
    @Test("defect 2: an IDENTIFY that fails delays its own shard only") func failedIdentify() async throws {
        try await Simulator.run { simulator in
            try await simulator.inject(.greet(next: 3, .cut))
            let gate = NotingGate(open: ShardIdentity.all(of: 8))
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 8), gate: gate)
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(8)
                let machine = try await simulator.machine()
                #expect(machine.violations.isEmpty && machine.counts.identifies == 8)
                while gate.calls.count(where: { if case .settled = $0 { true } else { false } }) < gate.asked.count {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(gate.asked.count > 8, "cut off before IDENTIFY: its permit goes back, and it asks anew")
            var acquired: [PermitID] = []
            var settled: [PermitID] = []
            for call in gate.calls {
                switch call {
                case .acquired(let permit, _): acquired.append(permit)
                case .committed: break
                case .settled(let permit, _): settled.append(permit)
                }
            }
            #expect(acquired.sorted() == settled.sorted(), "each permit is settled exactly once")
        }
    }

    @Test("a permit that is withdrawn at the last moment is settled, and another one acquired on the same socket") func withdrawn() async throws {
        /// Withdraws its first permit.
        final class Fickle: IdentifyGate {
            let calls = Mutex<[String]>([])

            func acquire(shard: ShardID, numShards: Int) async throws -> PermitID {
                self.calls.withLock { calls in
                    let permit = PermitID(rawValue: "\(calls.count { $0.hasPrefix("acquired") } + 1)")
                    calls.append("acquired \(permit)")
                    return permit
                }
            }

            func commit(_ permit: PermitID) async throws -> Instant {
                self.calls.withLock { $0.append("commit \(permit)") }
                if permit.rawValue == "1" { throw PermitWithdrawn() }
                return BootClock.now + .seconds(2)
            }

            func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {
                self.calls.withLock { $0.append("settled \(permit) \(outcome)") }
            }
        }
        try await Simulator.run { simulator in
            let gate = Fickle()
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 1), gate: gate)
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(1)
                #expect(!collector.lifecycle.contains { $0.isDisconnected })
            }
            #expect(gate.calls.withLock { $0 } == ["acquired 1", "commit 1", "acquired 2", "settled 1 notSent", "commit 2", "settled 2 ready"])
        }
    }

    @Test("defect 3: bad JSON to one shard ends its connection, not its run, and no other's") func badJSON() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 3), gate: Simulator.gate())
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(3)
                try await simulator.post("garble?shard=1&kind=invalid-json")
                await collector.wait { (events: [LifecycleEvent]) in events.contains { $0.isResumed } }
                #expect(collector.lifecycle.filter { $0.isDisconnected }.map { $0.shard?.id } == [ShardID(1)])
                try await simulator.publish(1, toShard: 1, of: 3)
                await collector.wait { (collector: Collector) in collector.events.count == 1 }
            }
        }
    }

    @Test("defect 9: a zombie opens one new connection, and its session goes on") func zombie() async throws {
        try await Simulator.run {
            $0.heartbeatInterval = .milliseconds(400)
        } _: { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 2), gate: Simulator.gate())
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(2)
                try await simulator.inject(.withholdACKs(.shard(0, numShards: 2), .milliseconds(1500)))
                await collector.wait { (events: [LifecycleEvent]) in events.contains { $0.isResumed } }
                let machine = try await simulator.machine()
                #expect(machine.counts.identifies == 2 && machine.violations.isEmpty)
                #expect(machine.sessionStatuses.count { $0.connection != nil } == 2)
                #expect(collector.lifecycle.allSatisfy { !$0.isDisconnected || $0.shard?.id == ShardID(0) })
            }
        }
    }

    @Test("defect 23: a dial that hangs holds up nobody else") func slowDial() async throws {
        let silent = try await ScriptedServer.listen()
        try await Simulator.run { simulator in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await silent.run { _, _ in try await Task.sleep(for: .seconds(3600)) } }
                let hanging = GatewaySession(sessionID: "s", resumeGatewayURL: "ws://127.0.0.1:\(silent.port)", sequence: 1)
                let states = (0..<20).map { ShardState(id: ShardID($0), numShards: 21, session: hanging) } + [ShardState(id: ShardID(20), numShards: 21)]
                let group = try ShardGroup(simulator.configuration(), shards: states, gate: Simulator.gate())
                try await group.test { group, collector in
                    await collector.wait { (events: [LifecycleEvent]) in events.contains { $0.isReady } }
                    #expect(collector.lifecycle.first { $0.isReady }?.shard?.id == ShardID(20))
                    #expect(group.snapshot().count { $0.phase == .dialing } == 20)
                }
                tasks.cancelAll()
            }
        }
    }

    @Test("defect 29: a hundred reconnects leave no socket behind") func reconnects() async throws {
        try await Simulator.run { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 50), gate: Simulator.gate())
            try await group.test { _, collector in
                await collector.waitForConnectedAllShards(50)
                let before = try Self.sockets()
                for count in [50, 100] {
                    try await simulator.inject(.cut(.all, .fin))
                    await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isResumed } == count }
                }
                // Other suites open sockets at the same time, but hardly a hundred that stay.
                var after = try Self.sockets()
                for _ in 0..<200 where after > before + 50 {
                    try await Task.sleep(for: .milliseconds(50))
                    after = try Self.sockets()
                }
                #expect(after <= before + 50)
                let machine = try await simulator.machine()
                #expect(machine.violations.isEmpty && machine.counts.identifies == 50)
            }
        }
    }

    private static func sockets() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test("defect 47: a close reason with quotes and other signs comes through, with its code") func closeReason() async throws {
        let server = try await ScriptedServer.listen()
        let url = "ws://127.0.0.1:\(server.port)/gateway"
        let reason = #"he said "bye" \ {"op":9}"#
        var configuration = ShardGroupConfiguration(
            token: Secret("t"), intents: 1, gatewayURL: url, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        configuration.shard.compression = .none
        let state = ShardState(id: ShardID(0), numShards: 1, session: GatewaySession(sessionID: "s", resumeGatewayURL: url, sequence: 10))
        let group = try ShardGroup(configuration, shards: [state], gate: ForbiddenGate())
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await server.run { peer, _ in
                    try await peer.upgrade(with: [.text(Rig.hello)])
                    try await peer.receive(op: 6)
                    try await peer.send(Frame(opcode: 8, payload: [0x0F, 0xA8] + Array(reason.utf8)))
                    await peer.drain()
                }
            }
            try await group.test { _, collector in
                await collector.wait { (events: [LifecycleEvent]) in events.contains { $0.isDisconnected } }
                let expected = LifecycleEvent.disconnected(state.shard, code: 4008, reason: reason, .resume)
                #expect(collector.lifecycle.first { $0.isDisconnected } == expected)
            }
            tasks.cancelAll()
        }
    }
}
