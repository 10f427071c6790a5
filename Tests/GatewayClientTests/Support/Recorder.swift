import GatewayClient
import GatewayModel
import NIOCore
import Synchronization

/// A handler that keeps everything, and lets a test wait for what it needs.
final class Recorder: ShardHandler {
    enum Item: Hashable, Sendable {
        case event(ShardEvent)
        case dispatch(Int64, type: String, data: String)
    }

    private let state = Mutex<(items: [Item], isPausing: Bool)>(([], false))
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var items: [Item] { self.state.withLock { $0.items } }
    var events: [ShardEvent] { self.items.compactMap { if case .event(let event) = $0 { event } else { nil } } }
    var sequences: [Int64] { self.items.compactMap { if case .dispatch(let sequence, _, _) = $0 { sequence } else { nil } } }

    /// Every dispatch from now on asks to pause, or none.
    func pauses(_ isPausing: Bool) { self.state.withLock { $0.isPausing = isPausing } }

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        let delivery: Delivery = self.state.withLock {
            $0.items.append(.dispatch(dispatch.sequence, type: dispatch.type.rawValue, data: String(buffer: dispatch.data)))
            return $0.isPausing ? .pauseReading : .goOn
        }
        self.continuation.yield()
        return delivery
    }

    func receive(_ event: ShardEvent) {
        self.state.withLock { $0.items.append(.event(event)) }
        self.continuation.yield()
    }

    /// Waits until what was kept so far satisfies the condition. One waiter at a time; the suite's time limit bounds it.
    func wait(until condition: ([Item]) -> Bool) async {
        if condition(self.items) { return }
        for await _ in self.stream where condition(self.items) { return }
    }

    func wait(for event: ShardEvent) async {
        await self.wait { $0.contains(.event(event)) }
    }
}
