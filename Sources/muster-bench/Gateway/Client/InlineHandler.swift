import GatewayClient
import NIOCore

/// What the hot path ends in: the cheapest handler there is.
struct InlineHandler: ShardHandler {
    let meter: Meter
    let place: Int
    let events: AsyncStream<(Int, ShardEvent)>.Continuation

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        self.meter.delivered(bytes: dispatch.data.readableBytes)
        return .accepted
    }

    func receive(_ event: ShardEvent) {
        self.events.yield((self.place, event))
    }
}
