/// What follows from the number of shards that `GET /gateway/bot` recommends.
package enum RecommendedShards {
    /// Whether it has risen so far above the present number that a re-shard is due. A shard for each thousand guilds is what Discord recommends: half as many
    /// again leave time before the 2500 that it takes.
    package static func isRise(from present: Int, to recommended: Int) -> Bool {
        recommended - present >= max(1, (present + 1) / 2)
    }
}
