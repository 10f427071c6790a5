/// Who says how far events are taken care of. A RESUME, and a shard that moves, continue after the last accepted one: what is behind it comes again.
public enum Acceptance: Hashable, Sendable {
    /// An event is accepted when the handler's `receive` returns.
    case automatic
    /// The handler's owner calls `ShardGroup.accepted(_:sequence:sessionID:)`, and `flushed` when a shard is `stopping`.
    case manual
}
