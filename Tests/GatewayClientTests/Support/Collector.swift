import GatewayClient
import Synchronization
import Testing

/// Keeps what groups deliver, and lets a test wait for what it needs.
final class Collector: Sendable {
    struct Event: Hashable, Sendable {
        var sessionID: String
        var sequence: Int64
    }

    private struct State {
        var events: [Event] = []
        var dispatches: [(shard: ShardIdentity, type: EventType)] = []
        var lifecycle: [LifecycleEvent] = []
        var isHeld = false
    }

    private let state = Mutex(State())
    private let news: AsyncStream<Void>
    private let toNews: AsyncStream<Void>.Continuation

    init() {
        (self.news, self.toNews) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Every MESSAGE_CREATE, in order of delivery: what tests publish.
    var events: [Event] { self.state.withLock { $0.events } }
    var dispatches: [(shard: ShardIdentity, type: EventType)] { self.state.withLock { $0.dispatches } }
    var lifecycle: [LifecycleEvent] { self.state.withLock { $0.lifecycle } }

    func take(_ event: GatewayEvent) {
        switch event {
        case .dispatch(let dispatch): self.take(dispatch)
        case .lifecycle(let event): self.take(event)
        }
    }

    func take(_ dispatch: GatewayDispatch) {
        self.state.withLock { state in
            state.dispatches.append((ShardIdentity(id: dispatch.shard, numShards: dispatch.numShards), dispatch.type))
            if dispatch.type == .messageCreate {
                state.events.append(Event(sessionID: dispatch.sessionID, sequence: dispatch.sequence))
            }
        }
        self.toNews.yield()
    }

    func take(_ event: LifecycleEvent) {
        self.state.withLock { $0.lifecycle.append(event) }
        self.toNews.yield()
    }

    func consume(_ events: GatewayEvents) async {
        for await event in events { self.take(event) }
    }

    /// Waits until what is kept satisfies the condition. One waiter at a time; the suite's time limit bounds it.
    func wait(until condition: (Collector) -> Bool) async {
        if condition(self) { return }
        for await _ in self.news where condition(self) { return }
    }

    func wait(until condition: ([LifecycleEvent]) -> Bool) async {
        await self.wait { (collector: Collector) in condition(collector.lifecycle) }
    }

    func waitForConnectedAllShards(_ count: Int) async {
        await self.wait { (events: [LifecycleEvent]) in events.contains(.connectedAllShards(count: count)) }
    }
}

extension LifecycleEvent {
    var isReady: Bool { if case .ready = self { true } else { false } }
    var isResumed: Bool { if case .resumed = self { true } else { false } }
    var isGap: Bool { if case .gap = self { true } else { false } }
    var isEnded: Bool { if case .ended = self { true } else { false } }
    var isDisconnected: Bool { if case .disconnected = self { true } else { false } }
}

extension ShardGroup {
    func expect(_ outcomes: [AttachResult.Outcome], attaching states: [ShardState]) async throws {
        let results = try await self.attach(states)
        #expect(results.map(\.outcome) == outcomes)
        #expect(results.map(\.shard) == states.map(\.shard))
    }

    /// Runs the group and collects its events while `body` watches; then ends it resumably.
    ///
    /// - Returns: how the run ended.
    @discardableResult
    func test(_ collector: Collector = Collector(), _ body: (ShardGroup, Collector) async throws -> Void) async throws -> Result<Void, ShardGroupError> {
        try await withThrowingTaskGroup(of: Result<Void, ShardGroupError>?.self) { tasks in
            tasks.addTask {
                do throws(ShardGroupError) {
                    try await self.run()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            tasks.addTask {
                await collector.consume(self.events)
                return nil
            }
            do {
                try await body(self, collector)
            } catch {
                await self.shutdown(.resumable)
                throw error
            }
            await self.shutdown(.resumable)
            var result = Result<Void, ShardGroupError>.success(())
            while let next = try await tasks.next() { if let next { result = next } }
            return result
        }
    }
}
