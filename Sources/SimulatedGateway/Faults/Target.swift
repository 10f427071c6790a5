/// Which connections and sessions an operator's fault is for.
public enum Target: Hashable, Sendable {
    /// Every connection, authenticated or not, and every session.
    case all
    /// One shard; `numShards` `nil`: of every shard set.
    case shard(Int, numShards: Int?)
    case session(id: String)
    case connection(ConnectionID)
}
