/// Who asks for a permit to IDENTIFY: a shard, as its issuer names it.
package protocol IdentifyHolder: Hashable, Comparable, Sendable {
    /// Decides the rate-limit key and the round.
    var shard: ShardID { get }
}
