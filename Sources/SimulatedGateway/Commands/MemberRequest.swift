/// `d` of op 8.
public struct MemberRequest: Hashable, Sendable {
    public var guild: UInt64
    public var selection: Selection
    /// Taken for `false` without the GUILD_PRESENCES intent.
    public var presences: Bool
    /// Echoed in every answer unless it has more than 32 bytes.
    public var nonce: String?

    public enum Selection: Hashable, Sendable {
        /// `query`, and `limit` of at least 0. An empty query with limit 0 is the full list; everything else has at most 100 results.
        case query(String, limit: Int)
        /// `user_ids`; only the first 100 count.
        case users([UInt64])
    }

    public init(guild: UInt64, _ selection: Selection, presences: Bool = false, nonce: String? = nil) {
        self.guild = guild
        self.selection = selection
        self.presences = presences
        self.nonce = nonce
    }

    /// Every member: needs the GUILD_MEMBERS intent, and is rate limited.
    public var isFullList: Bool { self.selection == .query("", limit: 0) }
}
