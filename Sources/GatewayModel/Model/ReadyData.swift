/// Data of READY: a new session. Source: Discord docs, Gateway Events › Ready.
public struct ReadyData: Decodable, Hashable, Sendable {
    /// Of the gateway: 10.
    public var version: Int?
    /// The bot itself.
    public var user: GatewayUser
    /// Guilds of this shard. A GUILD_CREATE or GUILD_DELETE follows for each.
    public var guildIDs: [Snowflake]
    /// What RESUME names.
    public var sessionID: String
    /// Where RESUME goes, without query.
    public var resumeGatewayURL: String
    /// `nil` where IDENTIFY named no shard.
    public var shard: ShardID?
    /// Size of the shard set; `nil` with `shard`.
    public var numShards: Int?
    /// The bot's application; `nil` where it is left out.
    public var application: Application?

    /// The application that the bot belongs to.
    public struct Application: Decodable, Hashable, Sendable {
        /// Discord's id of the application.
        public var id: Snowflake
        /// All bits, also those beyond 32, where Discord sent them. Source: Discord docs, Application › Application Flags.
        public var flags: UInt64

        /// Throws only without a usable `id`.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try fields.decode(Snowflake.self, forKey: .id)
            self.flags = fields.lenient(.allFlags, as: Snowflake.self)?.rawValue ?? fields.lenient(.flags) ?? 0
        }

        private enum CodingKeys: String, CodingKey {
            case id, flags, allFlags = "flags_new"
        }
    }

    /// Throws only without the bot's id, the session's id or the URL to resume at.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.version = fields.lenient(.version)
        self.user = try fields.decode(GatewayUser.self, forKey: .user)
        self.guildIDs = fields.lenientList(.guilds, as: ListedGuild.self).map(\.id)
        self.sessionID = try fields.decode(String.self, forKey: .sessionID)
        self.resumeGatewayURL = try fields.decode(String.self, forKey: .resumeGatewayURL)
        if let shard = fields.lenient(.shard, as: [Int].self), shard.count == 2 {
            self.shard = ShardID(shard[0])
            self.numShards = shard[1]
        }
        self.application = fields.lenient(.application)
    }

    private struct ListedGuild: Decodable {
        let id: Snowflake
    }

    private enum CodingKeys: String, CodingKey {
        case version = "v", user, guilds, sessionID = "session_id", resumeGatewayURL = "resume_gateway_url", shard, application
    }
}
