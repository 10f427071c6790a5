/// Whether a group goes over to a larger shard set by itself.
public enum Resharding: String, Hashable, Codable, Sendable, CaseIterable {
    /// When Discord closes a shard with 4011, since it has too many guilds; and before that, when it recommends half as many shards again as there are. Only a
    /// group that knows whom to ask for the count (`ShardGroup.connect`) and runs its whole set can; any other one is as with `manual`.
    case automatic
    /// Never: the set is stopped, resumably, and `LifecycleEvent.reshardRequired` says so.
    case manual
}

/// Why a group goes over to another shard set.
public enum ReshardCause: String, Hashable, Codable, Sendable, CaseIterable {
    /// `ShardGroup.reshard` was called.
    case requested
    /// Discord closed a shard with 4011.
    case shardingRequired
    /// Discord recommends at least half as many shards again as there are: some 1500 guilds are on each, and 2500 are the most.
    case recommendationRose
}
