import Dispatch
import Foundation
@testable import GatewayClient
import GatewayModel
import NIOPosix
import Synchronization
import Testing

/// What a group's machine decides is performed in its order, whatever comes in between.
@Suite("Effects of a group", .timeLimit(.minutes(1))) struct GroupEffectTests {
    /// Settable once the group is there.
    private final class Hook: Sendable {
        private let action = Mutex<(@Sendable (LifecycleEvent) -> Void)?>(nil)

        func set(_ action: @escaping @Sendable (LifecycleEvent) -> Void) { self.action.withLock { $0 = action } }
        func call(_ event: LifecycleEvent) { self.action.withLock { $0 }?(event) }
    }

    @Test("who begins a re-shard in answer to the end of the one before hears of its own, and who waited for the first of that") func nextReshard() throws {
        let hook = Hook()
        let log = GroupLog()
        let group = try ShardGroup(
            GroupStage.configuration(port: 1), shards: ShardState.all(of: 2), gate: OpenGate(),
            delivery: .inline(acceptance: .automatic, handler: { _ in log }, lifecycle: { hook.call($0) }))
        let second = Mutex<ShardGroup.ReshardLatch?>(nil)
        hook.set { event in
            guard case .reshardFailed = event, second.withLock({ $0 == nil }) else { return }
            let latch = try? group.begin { machine throws(ReshardError) in try machine.reshardRequested(to: 4) }
            second.withLock { $0 = latch }
        }
        let first = try group.begin { machine throws(ReshardError) in try machine.reshardRequested(to: 3) }
        group.decide { $0.botAnswered(.failed(.unreachable("first"))) }
        #expect(first.value == .some(.unreachable("first")))
        let latch = try #require(second.withLock { $0 })
        #expect(latch.value == nil)
        group.decide { $0.botAnswered(.failed(.unreachable("second"))) }
        #expect(latch.value == .some(.unreachable("second")))
    }

    @Test("groupEnded is the last of all, also where somebody takes his time over another event") func groupEndedLast() async throws {
        let hook = Hook()
        let log = GroupLog()
        let server = try await ScriptedServer.listen()
        let group = try ShardGroup(
            GroupStage.configuration(port: server.port), shards: [GroupStage.state(0, of: 1)], gate: OpenGate(),
            delivery: .inline(
                acceptance: .automatic, handler: { _ in log },
                lifecycle: { event in
                    log.note(event)
                    hook.call(event)
                }))
        let mark = LifecycleEvent.connectedAllShards(count: 99)
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let hasEntered = Mutex(false)
        let groupEnded = DispatchSemaphore(value: 0)
        hook.set { event in
            if event == .groupEnded { groupEnded.signal() }
            // The event loop, which may still be about what was decided before, is not to be held up.
            guard event == mark, MultiThreadedEventLoopGroup.currentEventLoop == nil else { return }
            hasEntered.withLock { $0 = true }
            enter.finish()
            // It is not to come: so this is for how long it might.
            _ = groupEnded.wait(timeout: .now() + .milliseconds(500))
        }
        await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run(GroupStage.script { peer, _ in await peer.rest() }) }
            tasks.addTask { try await group.run() }
            await log.wait(for: .connectedAllShards(count: 1))
            Thread.detachNewThread {
                while !hasEntered.withLock({ $0 }) {
                    group.decide { _ in [.report(mark)] }
                    Thread.sleep(forTimeInterval: 0.001)
                }
            }
            for await _ in entered {}
            await group.shutdown(.resumable)
            tasks.cancelAll()
        }
        #expect(log.lifecycle.last == .groupEnded)
        #expect(log.lifecycle.contains { if case .ended = $0 { true } else { false } })
    }
}
