/// What an authenticated client asks of its session: ops 3, 4, 8, 31 and 43. Source: Discord docs, Gateway Events › Send Events.
public enum ClientCommand: Hashable, Sendable {
    /// Op 3. Unanswered.
    case presence(SimulatedPresence)
    /// Op 4. Answered with VOICE_STATE_UPDATE and, unless the bot leaves, VOICE_SERVER_UPDATE.
    case voiceState(VoiceStateRequest)
    /// Op 8. Answered with GUILD_MEMBERS_CHUNKs or RATE_LIMITED.
    case members(MemberRequest)
    /// Op 31. Answered with a SOUNDBOARD_SOUNDS for each guild.
    case soundboardSounds(guilds: [UInt64])
    /// Op 43. Answered with CHANNEL_INFO.
    case channelInfo(guild: UInt64, fields: ChannelInfoFields)

    public var op: Int {
        switch self {
        case .presence: 3
        case .voiceState: 4
        case .members: 8
        case .soundboardSounds: 31
        case .channelInfo: 43
        }
    }
}

/// `d` of op 4.
public struct VoiceStateRequest: Hashable, Sendable {
    public var guild: UInt64
    /// `nil`: the bot leaves.
    public var channel: UInt64?
    public var selfMute: Bool
    public var selfDeaf: Bool

    public init(guild: UInt64, channel: UInt64?, selfMute: Bool = false, selfDeaf: Bool = false) {
        self.guild = guild
        self.channel = channel
        self.selfMute = selfMute
        self.selfDeaf = selfDeaf
    }
}

/// `fields` of op 43.
public struct ChannelInfoFields: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let status = ChannelInfoFields(rawValue: 1)
    public static let voiceStartTime = ChannelInfoFields(rawValue: 2)

    /// The field that Discord calls so.
    public init?(name: String) {
        switch name {
        case "status": self = .status
        case "voice_start_time": self = .voiceStartTime
        default: return nil
        }
    }
}
