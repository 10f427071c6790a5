/// What `GatewayCommand.requestChannelInfo` asks about each voice channel. Source: Discord docs, Gateway Events › Request Channel Info.
public struct ChannelInfoField: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name on the wire.
    public var rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        self.rawValue = value
    }

    /// The text shown at the channel.
    public static let status: ChannelInfoField = "status"
    /// When the call in the channel began.
    public static let voiceStartTime: ChannelInfoField = "voice_start_time"
    /// Every field that Discord defines.
    public static let all = [Self.status, .voiceStartTime]
}
