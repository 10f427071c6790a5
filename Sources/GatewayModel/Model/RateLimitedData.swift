/// `d` of RATE_LIMITED: a command that Discord refused, and did not queue. Source: Discord docs, Gateway Events › Rate Limited.
public struct RateLimitedData: Hashable, Sendable {
    /// Of the refused command.
    public var opcode: Int
    /// From when on it may be sent again.
    public var retryAfter: Duration
    /// Where the command was about a guild.
    public var guildID: Snowflake?
    /// Where the command had one.
    public var nonce: String?
}

extension RateLimitedData: Decodable {
    private enum Key: String, CodingKey {
        case opcode, meta
        case retryAfter = "retry_after"
    }

    private struct Meta: Decodable {
        var guild_id: Snowflake?
        var nonce: String?
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.opcode = try container.decode(Int.self, forKey: .opcode)
        // Clamped: `Duration` cannot hold every number.
        self.retryAfter = .seconds(min(max(try container.decode(Double.self, forKey: .retryAfter), 0), 86_400))
        let meta = try container.decodeIfPresent(Meta.self, forKey: .meta)
        self.guildID = meta?.guild_id
        self.nonce = meta?.nonce
    }
}
