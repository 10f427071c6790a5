/// Joins, moves or leaves voice in one guild. Source: Discord docs, Gateway Events › Update Voice State.
public struct VoiceStateUpdate: Hashable, Sendable {
    /// Of whose voice channels.
    public var guildID: Snowflake
    /// `nil` leaves voice.
    public var channelID: Snowflake?
    /// Whether the bot says nothing.
    public var selfMute: Bool
    /// Whether the bot hears nothing.
    public var selfDeaf: Bool

    /// Joins or moves with a channel, leaves with `nil`.
    public init(guildID: Snowflake, channelID: Snowflake?, selfMute: Bool = false, selfDeaf: Bool = false) {
        self.guildID = guildID
        self.channelID = channelID
        self.selfMute = selfMute
        self.selfDeaf = selfDeaf
    }

    var data: PayloadValue {
        [
            "guild_id": .id(self.guildID), "channel_id": self.channelID.map { .id($0) } ?? .null, "self_mute": .bool(self.selfMute),
            "self_deaf": .bool(self.selfDeaf),
        ]
    }
}
