public import GatewayModel

/// The whole answer to a `GuildMembersRequest`.
public struct GuildMembers: Sendable {
    /// Of which guild.
    public var guildID: Snowflake
    /// Every GUILD_MEMBERS_CHUNK of it, by rising `chunk_index`. Each went to the shard's handler too, as any dispatch does.
    public var chunks: [GatewayDispatch]

    /// The chunks of one request, in their order.
    public init(guildID: Snowflake, chunks: [GatewayDispatch]) {
        self.guildID = guildID
        self.chunks = chunks
    }

    /// Every member of the answer, decoded. For presences and users that were not found, decode the chunks as `GuildMembersChunk`.
    ///
    /// - Throws: `DecodingError` for a chunk that is none.
    public func members() throws -> [GuildMember] {
        try self.chunks.flatMap { try $0.decode(GuildMembersChunk.self).members }
    }
}
