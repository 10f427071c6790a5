import GatewayClient

/// Brings what one shard receives to the sink. It runs on the shard's event loop, so it only puts things down.
struct FileSinkHandler: ShardHandler {
    let shard: ShardIdentity
    let sink: FileSink

    /// `.goOn`: taken on, but not yet for good. `.pauseReading`: the disk is behind, Discord keeps what comes.
    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        self.sink.append(dispatch, from: self.shard) ? .goOn : .pauseReading
    }

    func receive(_ event: ShardEvent) {
        // The shard is about to close, and waits until all that it delivered is safe.
        if event == .phase(.stopping) { self.sink.flush(self.shard) }
    }
}
