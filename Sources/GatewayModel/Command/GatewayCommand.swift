/// What a bot may send over its gateway connection. Heartbeat, IDENTIFY and RESUME are the library's own.
///
/// Source: Discord docs, Gateway Events › Send Events.
public enum GatewayCommand: Hashable, Sendable {
    /// Op 3: how the bot appears. The last one is kept, and a new session begins with it.
    case updatePresence(Presence)
    /// Op 4: joins, moves or leaves voice in one guild. Answered by the events VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE, or by nothing.
    case updateVoiceState(VoiceStateUpdate)
    /// Op 8: answered by GUILD_MEMBERS_CHUNK events.
    case requestGuildMembers(GuildMembersRequest)
    /// Op 31: answered by one SOUNDBOARD_SOUNDS event for each guild. All must be guilds of the shard that sends it: see `split(numShards:)`.
    case requestSoundboardSounds(guildIDs: [Snowflake])
    /// Op 43: answered by CHANNEL_INFO.
    case requestChannelInfo(guildID: Snowflake, fields: [ChannelInfoField])
    /// Anything else, as it is: for what Discord adds before this library knows it. Ops that only Discord or this library sends are refused.
    ///
    /// An op 3 shares the limit of presences and takes the place of one that waits, but is not kept for new sessions.
    case raw(op: Int, data: PayloadValue)

    /// The gateway opcode.
    public var op: Int {
        switch self {
        case .updatePresence: GatewayOpcode.presenceUpdate.rawValue
        case .updateVoiceState: GatewayOpcode.voiceStateUpdate.rawValue
        case .requestGuildMembers: GatewayOpcode.requestGuildMembers.rawValue
        case .requestSoundboardSounds: GatewayOpcode.requestSoundboardSounds.rawValue
        case .requestChannelInfo: GatewayOpcode.requestChannelInfo.rawValue
        case .raw(let op, _): op
        }
    }

    /// `d` of the payload. Ids are strings.
    public var data: PayloadValue {
        switch self {
        case .updatePresence(let presence): presence.data
        case .updateVoiceState(let update): update.data
        case .requestGuildMembers(let request): request.data
        case .requestSoundboardSounds(let guildIDs): ["guild_ids": .ids(guildIDs)]
        case .requestChannelInfo(let guildID, let fields):
            ["guild_id": .id(guildID), "fields": .array(fields.map { .string($0.rawValue) })]
        case .raw(_, let data): data
        }
    }

    /// The guild whose shard must send this: `ShardID(ofGuild:numShards:)`. `nil` where any shard may, as for a presence.
    ///
    /// Of soundboard sounds, the first guild, also where the command is raw. Of another raw command, what `guild_id` of its data says.
    public var guildID: UInt64? { self.guildIDs.first }

    /// Every guild that it names: the shard that sends it must be the shard of each.
    package var guildIDs: [UInt64] {
        switch self {
        case .updatePresence: []
        case .updateVoiceState(let update): [update.guildID.rawValue]
        case .requestGuildMembers(let request): [request.guildID.rawValue]
        case .requestSoundboardSounds(let guildIDs): guildIDs.map(\.rawValue)
        case .requestChannelInfo(let guildID, _): [guildID.rawValue]
        case .raw(GatewayOpcode.requestSoundboardSounds.rawValue, let data): data["guild_ids"]?.elements.compactMap(\.guildID) ?? []
        case .raw(_, let data): data["guild_id"]?.guildID.map { [$0] } ?? []
        }
    }
}

extension PayloadValue {
    static func id(_ id: Snowflake) -> PayloadValue { .string(id.description) }

    static func ids(_ ids: [Snowflake]) -> PayloadValue { .array(ids.map { .id($0) }) }

    fileprivate subscript(_ key: String) -> PayloadValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key == key }?.value
    }

    fileprivate var elements: [PayloadValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    fileprivate var guildID: UInt64? {
        switch self {
        case .string(let text): Snowflake(text)?.rawValue
        case .integer(let number): UInt64(exactly: number)
        case .null, .bool, .array, .object: nil
        }
    }
}
