/// What happens to the shards of a group, other than Discord's own events. In order with the dispatches of the shard that it names.
public enum LifecycleEvent: Hashable, Sendable {
    /// A socket is being opened, to RESUME or to IDENTIFY.
    case connecting(ShardIdentity)
    /// READY came: a new session began. Comes before the READY dispatch.
    case ready(ShardIdentity, GatewaySession)
    /// RESUMED came, after `replayed` dispatches that Discord had kept. Nothing was missed, unless a `gap` says so.
    case resumed(ShardIdentity, GatewaySession, replayed: Int)
    /// A connection ended. `code` is that of the server's close frame, `nil` where none came; the disposition says what follows.
    case disconnected(ShardIdentity, code: UInt16?, reason: String, CloseDisposition)
    /// Events may be missing between `after` (the last received sequence of a session) and what comes next.
    case gap(ShardIdentity, GapReason, after: GatewaySession?)
    /// The session is gone; a stored one must be forgotten. An IDENTIFY follows, unless the shard ends.
    case sessionLost(ShardIdentity)
    /// Bad input was met and handled: for counters and logs.
    case anomaly(ShardIdentity, String)
    /// The consumer is so far behind that this many `connecting`, `resumed`, `disconnected` and `anomaly` of the shard were not kept for it.
    case skipped(ShardIdentity, count: Int)
    /// The run of a shard is over. Once for each time that it was attached; nothing of it comes after.
    case ended(ShardIdentity, ShardEnd)
    /// Every attached shard is live at this moment: once after the start, and once after each later `attach`. In a re-shard: every shard of the new set is, which
    /// takes over now.
    case connectedAllShards(count: Int)
    /// Discord closed a shard with 4011 (it has too many guilds) or 4010 (the set is not valid): a set of this size cannot run any more, and the group does not
    /// re-shard by itself (`Resharding`). The set's other shards are stopped, resumably; other sets go on. Once for each set.
    case reshardRequired(numShards: Int, code: UInt16)
    /// From here on the new set comes up beside the old one. Until `reshardEnded` or `reshardFailed` an event may come from both: its dispatch names the set
    /// (`GatewayDispatch.numShards`).
    case reshardBegan(from: Int, to: Int, ReshardCause)
    /// The new set has taken over (`connectedAllShards` said when), and the old one is closed, each of its shards with a gap `resharded`.
    case reshardEnded(from: Int, to: Int, ReshardCause)
    /// The old set serves on, but for shards that Discord closed for good; what there was of the new one is closed. `to` is `nil` where its size did not come
    /// to be known. With an automatic re-shard nothing is tried again before the next 4011 or the next look at Discord's recommended count, and after an error
    /// that does not pass by itself not even then: it is for `ShardGroup.reshard`.
    case reshardFailed(from: Int, to: Int?, ReshardError)
    /// The group's run is over. Last of all.
    case groupEnded
}

extension LifecycleEvent {
    /// The shard that it is about; `nil` where it is about the group.
    public var shard: ShardIdentity? {
        switch self {
        case .connecting(let shard), .ready(let shard, _), .resumed(let shard, _, _), .disconnected(let shard, _, _, _), .gap(let shard, _, _),
            .sessionLost(let shard), .anomaly(let shard, _), .skipped(let shard, _), .ended(let shard, _):
            shard
        case .connectedAllShards, .reshardRequired, .reshardBegan, .reshardEnded, .reshardFailed, .groupEnded: nil
        }
    }

    /// - Returns: `nil` for what only whoever paces IDENTIFYs needs.
    package init?(_ event: ShardEvent, of shard: ShardIdentity) {
        switch event {
        case .phase(.dialing), .phase(.identifying): self = .connecting(shard)
        case .phase, .readyToIdentify, .identified: return nil
        case .ready(let session): self = .ready(shard, session)
        case .resumed(let session, let replayed): self = .resumed(shard, session, replayed: replayed)
        case .gap(let reason, let session): self = .gap(shard, reason, after: session)
        case .disconnected(let code, let reason, let disposition): self = .disconnected(shard, code: code, reason: reason, disposition)
        case .sessionLost: self = .sessionLost(shard)
        case .anomaly(_, let text): self = .anomaly(shard, text)
        }
    }

    /// Says nothing that later events do not say again: kept for a slow consumer only up to a number.
    package var isTransient: Bool {
        switch self {
        case .connecting, .resumed, .disconnected, .anomaly: true
        case .ready, .gap, .sessionLost, .skipped, .ended, .connectedAllShards, .reshardRequired, .reshardBegan, .reshardEnded, .reshardFailed, .groupEnded:
            false
        }
    }
}
