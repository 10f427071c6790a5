import GatewayClient
import Synchronization
import Testing

@Suite("Acceptance at the end of a shard", .timeLimit(.minutes(1))) struct LateAcceptanceTests {
    /// Holds up the settling of a permit up to the moment when the shard's connection has ended and nobody was told so.
    private final class HoldingGate: IdentifyGate {
        private let inner = Simulator.gate()
        private let action = Mutex<(@Sendable () -> Void)?>(nil)

        func whenEnded(perform action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }
        func acquire(shard: ShardID, numShards: Int) async throws -> PermitID { try await self.inner.acquire(shard: shard, numShards: numShards) }
        func commit(_ permit: PermitID) async throws -> Instant { try await self.inner.commit(permit) }
        func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {
            // Cancelled then, and not before.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            self.action.withLock { $0 }?()
            await self.inner.settle(permit, outcome)
        }
    }

    @Test("what is accepted while the shard ends is in its final state, and a final state is never behind a snapshot") func late() async throws {
        try await Simulator.run { simulator in
            let collector = Collector()
            let gate = HoldingGate()
            let shard = ShardIdentity(id: ShardID(0), numShards: 1)
            let group = try ShardGroup(
                simulator.configuration(), shards: ShardState.all(of: 1), gate: gate,
                delivery: .inline(acceptance: .manual, handler: { _ in CollectingHandler(collector: collector) }, lifecycle: { collector.take($0) }))
            let snapshot = Mutex<Int64?>(nil)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                await collector.waitForConnectedAllShards(1)
                try await simulator.publish(10, toShard: 0, of: 1)
                await collector.wait { (collector: Collector) in collector.events.count == 10 }
                let (third, ninth) = (collector.events[2], collector.events[8])
                group.accepted(shard, sequence: third.sequence, sessionID: third.sessionID)
                gate.whenEnded {
                    group.accepted(shard, sequence: ninth.sequence, sessionID: ninth.sessionID)
                    let sequence = group.snapshot().first?.session?.sequence
                    snapshot.withLock { $0 = sequence }
                }
                async let detached = group.detach()
                while group.snapshot().contains(where: { $0.phase == .live }) { try await Task.sleep(for: .milliseconds(5)) }
                group.flushed(shard)
                let states = await detached
                #expect(snapshot.withLock { $0 } == ninth.sequence)
                #expect(states[0].session?.sequence == ninth.sequence)
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
        }
    }
}
