/// How much awaited member requests of one shard may hold.
public struct MemberRequestLimits: Hashable, Sendable {
    /// Callers that wait; one more is refused with `CommandError.queueFull`.
    public var maxRequests: Int
    /// Chunks of one answer; beyond: `CommandError.answerTooLarge`.
    public var maxChunks: Int
    /// Members of one answer; beyond: `CommandError.answerTooLarge`.
    public var maxMembers: Int

    /// Enough for the largest guilds, where nothing else is said.
    public init(maxRequests: Int = 100, maxChunks: Int = 1_000, maxMembers: Int = 1_000_000) {
        self.maxRequests = maxRequests
        self.maxChunks = maxChunks
        self.maxMembers = maxMembers
    }

    /// Full lists of one guild for one bot. Source: Discord docs, Gateway Events › Request Guild Members.
    package static let fullListWindow = Duration.seconds(30)
    /// What Discord may ask us to wait: `retry_after` is taken as this at least and at most.
    package static let retryAfter = Duration.seconds(1)...Duration.seconds(3600)
}
