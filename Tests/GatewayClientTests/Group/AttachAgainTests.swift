@testable import GatewayClient
import GatewayModel
import Synchronization
import Testing

/// A shard that ends and is attached again in the same moment is one of the group's, whoever was first.
@Suite("Shards that are attached again", .timeLimit(.minutes(1))) struct AttachAgainTests {
    /// A group that never gets to a server, and what it is to do on an event.
    private struct Stage: Sendable {
        let group: ShardGroup
        let log: GroupLog
        let hook: Hook

        init(_ shards: [ShardState], port: Int = 1) throws {
            let (log, hook) = (GroupLog(), Hook())
            self.log = log
            self.hook = hook
            self.group = try ShardGroup(
                GroupStage.configuration(port: port), shards: shards, gate: OpenGate(),
                delivery: .inline(
                    acceptance: .automatic, handler: { _ in log },
                    lifecycle: { event in
                        log.note(event)
                        hook.call(event)
                    }))
        }

        /// Attaches these as soon as the end of that one is told; once.
        func attach(_ states: [ShardState], onEndOf shard: ShardIdentity) {
            self.hook.set { [group] event in
                guard case .ended(shard, _) = event else { return false }
                for state in states { #expect((try? group.add(group.cell(for: state))) != nil, "\(state.shard)") }
                return true
            }
        }

        var attached: [ShardIdentity] { self.group.state.withLock { $0.machine.shards } }
    }

    final class Hook: Sendable {
        private let action = Mutex<(@Sendable (LifecycleEvent) -> Bool)?>(nil)

        func set(_ action: @escaping @Sendable (LifecycleEvent) -> Bool) { self.action.withLock { $0 = action } }

        func call(_ event: LifecycleEvent) {
            guard let action = self.action.withLock({ $0 }), action(event) else { return }
            self.action.withLock { $0 = nil }
        }
    }

    private static let states = ShardState.all(of: 2)
    private static let shards = states.map(\.shard)
    private static let stopped = ShardEnd.stopped(nil)

    @Test("before the run: whoever hears that one was taken out attaches both, and the group has both") func beforeRun() async throws {
        let stage = try Stage(Self.states)
        stage.attach(Self.states, onEndOf: Self.shards[0])
        #expect(await stage.group.detach().map(\.shard) == Self.shards)
        #expect(stage.attached == Self.shards)
        #expect(stage.log.lifecycle == Self.shards.map { .ended($0, Self.stopped) }, "each end once, and none of those that came anew")
        #expect(stage.group.snapshot().map(\.shard) == Self.shards)
        await stage.group.shutdown(.resumable)
        #expect(stage.log.lifecycle.count { if case .ended = $0 { true } else { false } } == 4)
    }

    @Test("a stop that was decided for a shard does not reach the one that is attached after it") func lateStop() async throws {
        let server = try await ScriptedServer.listen()
        let stage = try Stage([Self.states[0]], port: server.port)
        let mark = LifecycleEvent.connectedAllShards(count: 99)
        let shard = Self.shards[0]
        stage.hook.set { [group = stage.group] event in
            guard event == mark else { return false }
            // What is decided from here on is performed behind the stop.
            group.decide { $0.ended(shard, Self.stopped) }
            #expect((try? group.add(group.cell(for: Self.states[0]))) != nil)
            return true
        }
        stage.group.decide { _ in [.report(mark), .stop([shard], .retire(.invalidated))] }
        await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run(GroupStage.script { peer, _ in await peer.rest() }) }
            tasks.addTask { try await stage.group.run() }
            await stage.log.wait { items in
                items.count { if case .lifecycle(.ended) = $0 { true } else { false } } == 2 || items.contains(.lifecycle(.connectedAllShards(count: 1)))
            }
            #expect(stage.log.lifecycle.contains(.connectedAllShards(count: 1)))
            await stage.group.shutdown(.resumable)
            tasks.cancelAll()
        }
    }

    @Test("in the run: whoever hears that one ended attaches it, is not told that it is there already, and it comes up") func inTheRun() async throws {
        let server = try await ScriptedServer.listen()
        let stage = try Stage([Self.states[0]], port: server.port)
        await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run(GroupStage.script { peer, _ in await peer.rest() }) }
            tasks.addTask { try await stage.group.run() }
            await stage.log.wait(for: .connectedAllShards(count: 1))
            stage.attach([Self.states[0]], onEndOf: Self.shards[0])
            _ = await stage.group.detach()
            await stage.log.wait { $0.count { $0 == .lifecycle(.connectedAllShards(count: 1)) } == 2 }
            #expect(stage.group.snapshot().map(\.phase) == [.live])
            await stage.group.shutdown(.resumable)
            tasks.cancelAll()
        }
        let events = stage.log.lifecycle
        let end = try #require(events.firstIndex { if case .ended = $0 { true } else { false } })
        #expect(events[end + 1] == .connecting(Self.shards[0]))
    }
}
