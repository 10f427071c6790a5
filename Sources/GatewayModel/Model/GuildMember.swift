/// A user in one guild. Source: Discord docs, Guild › Guild Member Object.
public struct GuildMember: Decodable, Hashable, Sendable {
    /// The account.
    public var user: GatewayUser
    /// The name in this guild, where one is set.
    public var nick: String?
    /// Without the role of everyone.
    public var roles: [Snowflake]
    /// ISO 8601. `nil` for guests.
    public var joinedAt: String?
    /// ISO 8601; since when the member boosts.
    public var premiumSince: String?
    /// ISO 8601; until when the member may not speak. May be past.
    public var timedOutUntil: String?
    /// Has not passed the guild's screening yet.
    public var isPending: Bool
    /// Hash of the picture in this guild.
    public var avatar: String?
    /// Whether the guild lets the member hear nothing.
    public var isDeafened: Bool
    /// Whether the guild lets the member say nothing.
    public var isMuted: Bool
    /// Bits. Source: Discord docs, Guild › Guild Member Flags.
    public var flags: UInt64

    /// Throws only without a user that has an id.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.user = try fields.decode(GatewayUser.self, forKey: .user)
        self.nick = fields.lenient(.nick)
        self.roles = fields.lenientList(.roles)
        self.joinedAt = fields.lenient(.joinedAt)
        self.premiumSince = fields.lenient(.premiumSince)
        self.timedOutUntil = fields.lenient(.timedOutUntil)
        self.isPending = fields.lenient(.isPending) ?? false
        self.avatar = fields.lenient(.avatar)
        self.isDeafened = fields.lenient(.isDeafened) ?? false
        self.isMuted = fields.lenient(.isMuted) ?? false
        self.flags = fields.lenient(.flags) ?? 0
    }

    private enum CodingKeys: String, CodingKey {
        case user, nick, roles, joinedAt = "joined_at", premiumSince = "premium_since", timedOutUntil = "communication_disabled_until",
            isPending = "pending", avatar, isDeafened = "deaf", isMuted = "mute", flags
    }
}
