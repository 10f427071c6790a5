import SimulatedGateway

extension ClientCommand {
    /// `nil`: `d` does not fit the op. Source: Discord docs, Gateway Events › Send Events.
    init?(op: Int, _ body: [String: ClientValue]) {
        switch op {
        case 3:
            guard let presence = SimulatedPresence(body) else { return nil }
            self = .presence(presence)
        case 4:
            guard let guild = body["guild_id"]?.snowflake, let channel = body["channel_id"], let mute = body["self_mute"]?.bool,
                let deaf = body["self_deaf"]?.bool, channel == .null || channel.snowflake != nil
            else { return nil }
            self = .voiceState(VoiceStateRequest(guild: guild, channel: channel.snowflake, selfMute: mute, selfDeaf: deaf))
        case 8:
            guard let request = MemberRequest(body) else { return nil }
            self = .members(request)
        case 31:
            guard let guilds = body["guild_ids"]?.list?.map(\.snowflake), !guilds.contains(nil) else { return nil }
            self = .soundboardSounds(guilds: guilds.compactMap(\.self))
        case 43:
            guard let guild = body["guild_id"]?.snowflake,
                let fields = body["fields"]?.list?.map({ $0.text.flatMap { ChannelInfoFields(name: $0) } }), !fields.contains(nil)
            else { return nil }
            self = .channelInfo(guild: guild, fields: ChannelInfoFields(fields.compactMap(\.self)))
        default: return nil
        }
    }
}

extension MemberRequest {
    /// Where a client sends both, `user_ids` counts and `query` does not.
    fileprivate init?(_ body: [String: ClientValue]) {
        guard let guild = body["guild_id"]?.snowflake else { return nil }
        let selection: Selection
        if let users = body["user_ids"] {
            let ids = users.list?.map(\.snowflake) ?? [users.snowflake]
            guard !ids.contains(nil) else { return nil }
            selection = .users(ids.compactMap(\.self))
        } else {
            guard let query = body["query"]?.text, let limit = body["limit"]?.integer, let limit = Int(exactly: limit), limit >= 0 else { return nil }
            selection = .query(query, limit: limit)
        }
        let presences = body["presences"] ?? .bool(false)
        let nonce = body["nonce"] ?? .null
        guard presences.bool != nil || presences == .null, nonce.text != nil || nonce == .null else { return nil }
        self.init(guild: guild, selection, presences: presences.bool ?? false, nonce: nonce.text)
    }
}

extension SimulatedPresence {
    /// `d` of op 3: all four fields must be there.
    init?(_ body: [String: ClientValue]) {
        guard let since = body["since"], since == .null || since.integer != nil, let activities = Self.activities(body),
            let status = body["status"]?.text.flatMap(Status.init(rawValue:)), let isAFK = body["afk"]?.bool
        else { return nil }
        self.init(since: since.integer, activities: activities, status: status, isAFK: isAFK)
    }

    /// `presence` of an IDENTIFY, where libraries leave out what they do not mean: what is there must fit.
    init?(ofIdentify body: [String: ClientValue]) {
        let since = body["since"] ?? .null
        let status = body["status"] ?? .null
        let isAFK = body["afk"] ?? .bool(false)
        let hasActivities = body["activities"] != nil || body["game"] != nil
        guard since == .null || since.integer != nil, let activities = hasActivities ? Self.activities(body) : [], let isAFK = isAFK.bool else { return nil }
        guard let status = status == .null ? .online : status.text.flatMap(Status.init(rawValue:)) else { return nil }
        self.init(since: since.integer, activities: activities, status: status, isAFK: isAFK)
    }

    /// `activities`, or its forerunner `game`, one activity or null, which Discord takes still and two widespread libraries send.
    private static func activities(_ body: [String: ClientValue]) -> [Activity]? {
        let list: [ClientValue]
        if let value = body["activities"] {
            guard let elements = value.list else { return nil }
            list = elements
        } else {
            guard let game = body["game"] else { return nil }
            list = game == .null ? [] : [game]
        }
        var activities: [Activity] = []
        for element in list {
            // Fields that bots may not set are left out, as Discord does.
            guard let body = element.map, let name = body["name"]?.text, let type = body["type"]?.integer, (0...5).contains(type) else { return nil }
            let (state, url) = (body["state"] ?? .null, body["url"] ?? .null)
            guard state == .null || state.text != nil, url == .null || url.text != nil else { return nil }
            activities.append(Activity(name: name, type: Int(type), state: state.text, url: url.text))
        }
        return activities
    }
}
