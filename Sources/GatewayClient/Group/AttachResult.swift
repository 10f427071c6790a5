public import GatewayModel

/// What became of one shard that was attached.
public struct AttachResult: Hashable, Sendable {
    /// As in the state that was given.
    public var shard: ShardIdentity
    /// What became of it.
    public var outcome: Outcome

    /// How an attachment came out.
    public enum Outcome: Hashable, Sendable {
        /// RESUMED came, after `replayed` dispatches: nothing was missed, unless a `gap` says so.
        case resumed(replayed: Int)
        /// READY came: a new session. Where the state had one, Discord had forgotten it, and a `gap` says so.
        case identified
        /// It runs here already; nothing was done.
        case alreadyAttached
        /// It ended before it was live: stopped, or closed with a fatal code.
        case failed(ShardEnd)
    }

    /// For who stands in for a group.
    public init(shard: ShardIdentity, outcome: Outcome) {
        self.shard = shard
        self.outcome = outcome
    }
}
