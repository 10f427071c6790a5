public import GatewayModel

/// The whole answer to a `GuildMembersRequest`.
public struct GuildMembers: Sendable {
    /// Of which guild.
    public var guildID: Snowflake
    /// Every GUILD_MEMBERS_CHUNK of it, by rising `chunk_index`. Each went to the shard's handler too, as any dispatch does.
    public var chunks: [GatewayDispatch]

    public init(guildID: Snowflake, chunks: [GatewayDispatch]) {
        self.guildID = guildID
        self.chunks = chunks
    }
}
