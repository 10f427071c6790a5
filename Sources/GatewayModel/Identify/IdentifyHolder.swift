/// Who asks for a permit to IDENTIFY: a shard, as its issuer tells it from others of the same number.
///
/// No protocol: the permits of a cluster are asked with everything that happens in it, and code that is generic over another module's type is not
/// specialized.
package struct IdentifyHolder: Hashable, Comparable, Sendable {
    /// Of its shard set, by the issuer's count.
    package let set: Int
    /// Decides the rate-limit key and the round.
    package let shard: ShardID
    /// One shard asks under several in the course of time, and they are different holders.
    package let life: Int64

    package init(set: Int, shard: ShardID, life: Int64) {
        self.set = set
        self.shard = shard
        self.life = life
    }

    package static func < (left: IdentifyHolder, right: IdentifyHolder) -> Bool {
        (left.set, left.shard, left.life) < (right.set, right.shard, right.life)
    }
}
