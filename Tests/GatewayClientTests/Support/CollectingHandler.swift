import GatewayClient

/// Hands each dispatch to a collector, and leaves acceptance to how the group delivers.
struct CollectingHandler: ShardHandler {
    let collector: Collector

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        self.collector.take(dispatch)
        return .goOn
    }

    func receive(_ event: ShardEvent) {}
}
