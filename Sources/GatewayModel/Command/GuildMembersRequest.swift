/// Asks for members of one guild, which come as GUILD_MEMBERS_CHUNK events. Source: Discord docs, Gateway Events › Request Guild Members.
public struct GuildMembersRequest: Hashable, Sendable {
    /// Whose members.
    public var guildID: Snowflake
    /// Which of them.
    public var selection: Selection
    /// Whether the chunks also hold presences. Needs the intent GUILD_PRESENCES, else Discord takes it as `false`.
    public var presences: Bool
    /// Comes back in every chunk; 1 to 32 bytes. `nil`: a unique one is chosen where the answer is awaited, none is sent elsewhere.
    public var nonce: String?

    /// Everyone, where nothing else is said: this needs the privileged intent GUILD_MEMBERS.
    public init(guildID: Snowflake, _ selection: Selection = .everyone, presences: Bool = false, nonce: String? = nil) {
        self.guildID = guildID
        self.selection = selection
        self.presences = presences
        self.nonce = nonce
    }

    /// Which members.
    public enum Selection: Hashable, Sendable {
        /// Whose user name begins with this; at most `limit`, in `1...100`. `""` with `limit` 0 is everyone.
        case prefix(String, limit: Int)
        /// These, 1 to 100. Unknown ones come back in `not_found`.
        case users([Snowflake])

        /// All members: needs the intent GUILD_MEMBERS, and is answered once per guild and bot in 30 s.
        public static let everyone = Selection.prefix("", limit: 0)
    }

    /// Asks for all members, which Discord allows once per guild and bot in 30 s.
    public var isFullList: Bool { self.selection == .everyone }

    var data: PayloadValue {
        var fields = [PayloadValue.Field(key: "guild_id", value: .id(self.guildID))]
        switch self.selection {
        case .prefix(let query, let limit):
            fields.append(PayloadValue.Field(key: "query", value: .string(query)))
            fields.append(PayloadValue.Field(key: "limit", value: .integer(Int64(limit))))
        case .users(let ids): fields.append(PayloadValue.Field(key: "user_ids", value: .ids(ids)))
        }
        if self.presences { fields.append(PayloadValue.Field(key: "presences", value: true)) }
        if let nonce = self.nonce { fields.append(PayloadValue.Field(key: "nonce", value: .string(nonce))) }
        return .object(fields)
    }
}
