public import GatewayModel

/// Receives what one shard produces. All calls come on that shard's event loop, in order, and must not block.
public protocol ShardHandler: Sendable {
    /// Takes one dispatch.
    func receive(_ dispatch: GatewayDispatch) -> Delivery
    /// Takes what the shard tells about itself.
    func receive(_ event: ShardEvent)
}

/// What a handler did with a dispatch.
public enum Delivery: Hashable, Sendable {
    /// Taken on; `GatewayShard.accepted` will say when it is safe.
    case goOn
    /// Taken for good, and with it everything before: nobody needs to replay it.
    case accepted
    /// Taken on, and enough: no more is read of this shard's socket until `GatewayShard.resumeReading()`. Heartbeats go on.
    case pauseReading
}
