/// Data of GUILD_MEMBERS_CHUNK: a part of the answer to `GatewayCommand.requestGuildMembers`. Source: Discord docs, Gateway Events › Guild Members Chunk.
public struct GuildMembersChunk: Decodable, Hashable, Sendable {
    /// Whose members.
    public var guildID: Snowflake
    /// At most 1000. One that has no id is left out.
    public var members: [GuildMember]
    /// In `0..<chunkCount`.
    public var chunkIndex: Int
    /// How many chunks the answer has; it is complete when each index has come.
    public var chunkCount: Int
    /// Users that were asked for by id and are not in the guild.
    public var notFound: [Snowflake]
    /// Of these members, where presences were asked for.
    public var presences: [MemberPresence]
    /// Of the request, where it had one.
    public var nonce: String?

    /// Throws only without guild, index or count.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.guildID = try fields.decode(Snowflake.self, forKey: .guildID)
        self.members = fields.lenientList(.members)
        self.chunkIndex = try fields.decode(Int.self, forKey: .chunkIndex)
        self.chunkCount = try fields.decode(Int.self, forKey: .chunkCount)
        self.notFound = fields.lenientList(.notFound)
        self.presences = fields.lenientList(.presences)
        self.nonce = fields.lenient(.nonce)
    }

    private enum CodingKeys: String, CodingKey {
        case guildID = "guild_id", members, chunkIndex = "chunk_index", chunkCount = "chunk_count", notFound = "not_found", presences, nonce
    }

    /// How a member appears.
    public struct MemberPresence: Decodable, Hashable, Sendable {
        /// Whose presence.
        public var userID: Snowflake
        /// `online`, `idle`, `dnd` or `offline`; empty where Discord sent none.
        public var status: String

        /// Throws only without a user that has an id.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.userID = try fields.decode(GatewayUser.self, forKey: .user).id
            self.status = fields.lenient(.status) ?? ""
        }

        private enum CodingKeys: String, CodingKey {
            case user, status
        }
    }
}
