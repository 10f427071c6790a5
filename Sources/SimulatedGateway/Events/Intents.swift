/// The gateway intent bits that the simulator judges by. Source: Discord docs, Gateway › Gateway Intents.
public enum Intents {
    public static let guilds: UInt64 = 1 << 0
    public static let guildMembers: UInt64 = 1 << 1
    public static let guildVoiceStates: UInt64 = 1 << 7
    public static let guildPresences: UInt64 = 1 << 8
    public static let guildMessages: UInt64 = 1 << 9
    public static let guildMessageReactions: UInt64 = 1 << 10
    public static let guildMessageTyping: UInt64 = 1 << 11
    public static let directMessages: UInt64 = 1 << 12
    public static let directMessageReactions: UInt64 = 1 << 13
    public static let directMessageTyping: UInt64 = 1 << 14
    public static let messageContent: UInt64 = 1 << 15

    /// Every defined bit; any other closes with 4013.
    public static let all: UInt64 = 53_608_447
    /// GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT: 4014 where the application has them not enabled.
    public static let privileged: UInt64 = 33_026
}
