/// Rules that an operator may change while the gateway runs; `nil` leaves one as it is.
public struct ConfigurationChange: Hashable, Sendable {
    public var maxConcurrency: Int?
    public var recommendedShards: Int?
    public var identifyLimitTotal: Int?
    public var maxGuildsPerShard: Int?
    public var shardMultiple: Int?
    public var allowedIntents: UInt64?
    public var resumeWhileAttached: ResumeWhileAttached?

    public init() {}
}
