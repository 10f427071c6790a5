/// The dispatch types the simulator can send: Discord's `t`, and which intents let a session have it.
public enum SimulatedEventType: UInt8, Hashable, Codable, Sendable, CaseIterable {
    case ready = 0
    case resumed = 1
    case guildCreate = 2
    case guildDelete = 3
    case messageCreate = 4
    case messageUpdate = 5
    case messageDelete = 6
    case messageReactionAdd = 7
    case typingStart = 8
    case presenceUpdate = 9
    case guildMemberAdd = 10
    case voiceStateUpdate = 11
    case interactionCreate = 12
    case guildMembersChunk = 13
    case rateLimited = 14
    case soundboardSounds = 15
    case channelInfo = 16
    case voiceServerUpdate = 17

    /// Discord's `t`.
    public var name: String {
        switch self {
        case .ready: "READY"
        case .resumed: "RESUMED"
        case .guildCreate: "GUILD_CREATE"
        case .guildDelete: "GUILD_DELETE"
        case .messageCreate: "MESSAGE_CREATE"
        case .messageUpdate: "MESSAGE_UPDATE"
        case .messageDelete: "MESSAGE_DELETE"
        case .messageReactionAdd: "MESSAGE_REACTION_ADD"
        case .typingStart: "TYPING_START"
        case .presenceUpdate: "PRESENCE_UPDATE"
        case .guildMemberAdd: "GUILD_MEMBER_ADD"
        case .voiceStateUpdate: "VOICE_STATE_UPDATE"
        case .interactionCreate: "INTERACTION_CREATE"
        case .guildMembersChunk: "GUILD_MEMBERS_CHUNK"
        case .rateLimited: "RATE_LIMITED"
        case .soundboardSounds: "SOUNDBOARD_SOUNDS"
        case .channelInfo: "CHANNEL_INFO"
        case .voiceServerUpdate: "VOICE_SERVER_UPDATE"
        }
    }

    public init?(name: String) {
        guard let found = SimulatedEventType.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The intents of which a session needs at least one to get this event; 0 means that every session gets it.
    ///
    /// - Parameter inGuild: whether the event carries a `guild_id`; messages without one fall under the `DIRECT_MESSAGE…` intents.
    public func intents(inGuild: Bool) -> UInt64 {
        switch self {
        case .ready, .resumed, .interactionCreate, .guildMembersChunk, .rateLimited, .soundboardSounds, .channelInfo, .voiceServerUpdate: 0
        case .guildCreate, .guildDelete: Intents.guilds
        case .messageCreate, .messageUpdate, .messageDelete: inGuild ? Intents.guildMessages : Intents.directMessages
        case .messageReactionAdd: inGuild ? Intents.guildMessageReactions : Intents.directMessageReactions
        case .typingStart: inGuild ? Intents.guildMessageTyping : Intents.directMessageTyping
        case .presenceUpdate: Intents.guildPresences
        case .guildMemberAdd: Intents.guildMembers
        case .voiceStateUpdate: Intents.guildVoiceStates
        }
    }
}
