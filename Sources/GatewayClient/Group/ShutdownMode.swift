/// How a group ends.
public enum ShutdownMode: String, Hashable, Codable, Sendable, CaseIterable {
    /// Close code 4000: Discord keeps the sessions for a while, and `ShardGroup.snapshot` has them, to RESUME here or elsewhere.
    case resumable
    /// Close code 1000: the sessions end, the bot goes offline at once. What was under way is still delivered; then each shard reports a `gap` of `GapReason.invalidated`.
    case invalidate
}
