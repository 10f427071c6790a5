public import GatewayModel

/// What a group delivers: Discord's events and its own, in order for each shard.
public enum GatewayEvent: Sendable {
    /// Op 0: an event of Discord's.
    case dispatch(GatewayDispatch)
    /// What happened to a shard or to the group.
    case lifecycle(LifecycleEvent)
}
