public import GatewayModel

/// How a group hands over what its shards receive.
public enum GroupDelivery: Sendable {
    /// Through `ShardGroup.events`, an `AsyncSequence` with back-pressure.
    case sequence(EventLimits = EventLimits())
    /// To a handler for each shard, on that shard's event loop: the shortest way, for handlers that never block.
    ///
    /// - Parameters:
    ///   - acceptance: see there.
    ///   - handler: called once for each shard that is attached.
    ///   - lifecycle: what happens to shards and group; called on event loops and must not block. Of one shard in order with its dispatches.
    case inline(
        acceptance: Acceptance = .automatic, handler: @Sendable (ShardIdentity) -> any ShardHandler,
        lifecycle: @Sendable (LifecycleEvent) -> Void = { _ in })
}
