/// What GUILD_CREATE and GUILD_DELETE say about a guild as a whole. Source: Discord docs, Gateway Events › Guild Create, Guild Delete.
///
/// GUILD_CREATE comes for each guild of READY, after an outage, and when the bot joins: a guild that READY did not list, and that no GUILD_CREATE
/// named before, is a new one.
public struct GuildIdentity: Decodable, Hashable, Sendable {
    /// Discord's id of the guild.
    public var id: Snowflake
    /// `nil` in an outage and in GUILD_DELETE, as is all that follows but `isUnavailable`.
    public var name: String?
    /// Whose guild it is; `nil` where it is unavailable.
    public var ownerID: Snowflake?
    /// ISO 8601; when the bot joined.
    public var joinedAt: String?
    /// Members at the time of the event; `nil` where it is unavailable.
    public var memberCount: Int?
    /// More members than IDENTIFY's `large_threshold`, so that offline ones are not listed.
    public var isLarge: Bool?
    /// `unavailable`, where Discord sent it.
    public var isUnavailable: Bool?

    /// Of either event: the bot is a member still, but Discord cannot serve the guild at present. It must not be counted as gone.
    public var isOutage: Bool { self.isUnavailable == true }

    /// Of a GUILD_DELETE: the bot left the guild or was removed. Discord leaves `unavailable` out then.
    public var isRemoval: Bool { self.isUnavailable == nil }

    /// Throws only without a usable `id`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.id = try fields.decode(Snowflake.self, forKey: .id)
        self.name = fields.lenient(.name)
        self.ownerID = fields.lenient(.ownerID)
        self.joinedAt = fields.lenient(.joinedAt)
        self.memberCount = fields.lenient(.memberCount)
        self.isLarge = fields.lenient(.isLarge)
        self.isUnavailable = fields.lenient(.isUnavailable)
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, ownerID = "owner_id", joinedAt = "joined_at", memberCount = "member_count", isLarge = "large", isUnavailable = "unavailable"
    }
}
