/// What an event says beyond its type and guild, where a command asked for it.
public indirect enum Answer: Hashable, Sendable {
    /// GUILD_MEMBERS_CHUNK.
    case members(MembersChunk)
    /// RATE_LIMITED of op 8.
    case rateLimited(RateLimit)
    /// VOICE_STATE_UPDATE of the bot itself.
    case voiceState(VoiceStateRequest)
    /// CHANNEL_INFO.
    case channelInfo(ChannelInfoFields)
}

/// `d` of GUILD_MEMBERS_CHUNK, but for the guild.
public struct MembersChunk: Hashable, Sendable {
    /// Numbers of `SimulatedUser`, rising, at most 1000.
    public var members: Members
    /// From 0.
    public var index: Int
    /// At least 1.
    public var count: Int
    /// Asked-for ids that no member has. Those below 2^22 are no snowflakes, and Discord sends them as numbers.
    public var notFound: [UInt64]
    /// Whether the members' presences are in it.
    public var presences: Bool
    public var nonce: String?

    public enum Members: Hashable, Sendable {
        case range(Range<Int>)
        case list([Int])

        public var numbers: [Int] {
            switch self {
            case .range(let range): Array(range)
            case .list(let list): list
            }
        }
    }

    public init(members: Members, index: Int = 0, count: Int = 1, notFound: [UInt64] = [], presences: Bool = false, nonce: String? = nil) {
        self.members = members
        self.index = index
        self.count = count
        self.notFound = notFound
        self.presences = presences
        self.nonce = nonce
    }
}

/// `d` of RATE_LIMITED, but for op and guild.
public struct RateLimit: Hashable, Sendable {
    public var retryAfterMilliseconds: Int64
    public var nonce: String?

    public init(retryAfterMilliseconds: Int64, nonce: String? = nil) {
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.nonce = nonce
    }
}
