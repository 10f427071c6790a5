/// Data of RATE_LIMITED: Discord refused a command, which is not queued. Source: Discord docs, Gateway Events › Rate Limited.
public struct RateLimitedData: Decodable, Hashable, Sendable {
    /// Of the command.
    public var opcode: Int
    /// After which it may be sent again. Never negative; a year at most.
    public var retryAfter: Duration
    /// Of a refused member request (op 8).
    public var guildID: Snowflake?
    /// Of a refused member request (op 8), where it had one.
    public var nonce: String?

    /// Throws only without opcode.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.opcode = try fields.decode(Int.self, forKey: .opcode)
        let seconds = fields.lenient(.retryAfter, as: Double.self) ?? 0
        self.retryAfter = .milliseconds(Int64(max(0, min(seconds.isNaN ? 0 : seconds, 366 * 86_400)) * 1_000))
        let meta = fields.lenient(.meta, as: Meta.self)
        self.guildID = meta?.guildID
        self.nonce = meta?.nonce
    }

    private struct Meta: Decodable {
        let guildID: Snowflake?
        let nonce: String?

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.guildID = fields.lenient(.guildID)
            self.nonce = fields.lenient(.nonce)
        }

        private enum CodingKeys: String, CodingKey {
            case guildID = "guild_id", nonce
        }
    }

    private enum CodingKeys: String, CodingKey {
        case opcode, retryAfter = "retry_after", meta
    }
}
