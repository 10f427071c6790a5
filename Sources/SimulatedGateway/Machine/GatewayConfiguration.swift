/// The rules of the simulated gateway.
public struct GatewayConfiguration: Hashable, Sendable {
    /// The application's guilds. Ids must be unique.
    public var guilds: [UInt64]
    /// `nil`: any token is good.
    public var token: String?
    /// `shards` of `/gateway/bot`.
    public var recommendedShards = 1
    /// At least 1.
    public var maxConcurrency = 1
    /// Between two IDENTIFYs of one `shard_id % max_concurrency`, measured on arrival.
    public var identifyInterval: Duration = .seconds(5)
    /// IDENTIFYs in one window of 24 h; one more ends all sessions and kills the token.
    public var identifyLimitTotal = 1000
    public var identifyWindow: Duration = .seconds(86_400)
    public var heartbeatInterval: Duration = .milliseconds(41_250)
    /// From IDENTIFY to READY.
    public var readyDelay: Duration = .zero
    /// From a refused IDENTIFY to its op 9.
    public var refusalDelay: Duration = .zero
    /// Events kept for replay by session; `nil`: `max(100, min(3500, 75 * guilds of the shard))`.
    public var replayBuffer: Int?
    /// How long a detached session lives.
    public var sessionLifetime: Duration = .seconds(90)
    public var resumeWhileAttached = ResumeWhileAttached.takeOver
    public var heartbeatTrim = HeartbeatTrim.off
    public var refusedResume = RefusedResume.invalidSession
    public var maxGuildsPerShard = 2500
    /// Members of every guild, the bot among them. At least 1.
    public var membersPerGuild = 25
    /// Large bots: `num_shards` must be a multiple of it, else 4010.
    public var shardMultiple = 1
    /// Privileged intents outside it close with 4014.
    public var allowedIntents = Intents.all
    /// Payloads of a client in 60 s; one more closes with 4008.
    public var sendLimit = 120
    /// Payloads held for one stalled connection; one more cuts it with a reset.
    public var stallLimit = 100_000
    /// Ledger lines kept; older ones go, and `Ledger.truncatedBefore` rises.
    public var ledgerLimit = 5_000_000
    /// Makes session ids. Two simulators that must not know each other's sessions need different ones.
    public var sessionSeed: UInt64 = 1

    public init(guilds: [UInt64]) {
        self.guilds = guilds
    }
}

/// A RESUME of a session whose old connection is still open. Discord leaves it undocumented; either way it is recorded as `doubleResume`.
public enum ResumeWhileAttached: String, Hashable, Codable, Sendable, CaseIterable {
    /// The new connection gets the session, the old one is closed with 4000.
    case takeOver
    /// Op 9 `false` to the new connection; the old one keeps the session.
    case refuse
}

/// Whether a heartbeat's `d` deletes events from the replay buffer. Discord leaves it undocumented; one compatible server does.
public enum HeartbeatTrim: String, Hashable, Codable, Sendable, CaseIterable {
    case off
    /// Deleted; a RESUME from before is answered without them, silently.
    case hole
    /// Deleted; a RESUME from before is refused.
    case refuse
}

/// The answer to a RESUME that cannot be served: session unknown, ended or expired, or events no longer buffered.
public enum RefusedResume: String, Hashable, Codable, Sendable, CaseIterable {
    /// Op 9 `false`.
    case invalidSession
    /// Close 4009 for a session, 4007 for events no longer buffered.
    case close
}
