import SimulatedGateway

extension JSONBytes {
    /// One element of `GET /_sim/commands`.
    mutating func command(_ record: CommandRecord, sessionID: String) {
        self.raw("{\"at_ms\":")
        self.milliseconds(record.at)
        self.raw(",\"connection\":")
        self.number(record.connection.rawValue)
        self.raw(",\"session\":")
        self.text(sessionID)
        self.raw(",\"shard\":")
        self.number(Int64(record.shard))
        self.raw(",\"shards\":")
        self.number(Int64(record.numShards))
        self.raw(",\"op\":")
        self.number(Int64(record.command.op))
        self.raw(",\"outcome\":")
        self.text(record.outcome.rawValue)
        self.raw(",\"d\":")
        self.body(of: record.command)
        self.raw("}")
    }

    mutating func presence(_ presence: SimulatedPresence) {
        self.raw("{\"since\":")
        if let since = presence.since { self.number(since) } else { self.raw("null") }
        self.raw(",\"activities\":[")
        self.list(presence.activities) { json, activity in
            json.raw("{\"name\":")
            json.text(activity.name)
            json.raw(",\"type\":")
            json.number(Int64(activity.type))
            json.raw(",\"state\":")
            json.optional(text: activity.state)
            json.raw(",\"url\":")
            json.optional(text: activity.url)
            json.raw("}")
        }
        self.raw("],\"status\":")
        self.text(presence.status.rawValue)
        self.raw(",\"afk\":")
        self.bool(presence.isAFK)
        self.raw("}")
    }

    /// `d` as the gateway understood it.
    private mutating func body(of command: ClientCommand) {
        switch command {
        case .presence(let presence): self.presence(presence)
        case .voiceState(let request):
            self.raw("{\"guild_id\":")
            self.id(request.guild)
            self.raw(",\"channel_id\":")
            if let channel = request.channel { self.id(channel) } else { self.raw("null") }
            self.raw(",\"self_mute\":")
            self.bool(request.selfMute)
            self.raw(",\"self_deaf\":")
            self.bool(request.selfDeaf)
            self.raw("}")
        case .members(let request): self.members(request)
        case .soundboardSounds(let guilds):
            self.raw("{\"guild_ids\":[")
            self.list(guilds) { $0.id($1) }
            self.raw("]}")
        case .channelInfo(let guild, let fields):
            self.raw("{\"guild_id\":")
            self.id(guild)
            self.raw(",\"fields\":[")
            self.list([(ChannelInfoFields.status, "status"), (.voiceStartTime, "voice_start_time")].filter { fields.contains($0.0) }) { $0.text($1.1) }
            self.raw("]}")
        }
    }

    private mutating func members(_ request: MemberRequest) {
        self.raw("{\"guild_id\":")
        self.id(request.guild)
        switch request.selection {
        case .query(let query, let limit):
            self.raw(",\"query\":")
            self.text(query)
            self.raw(",\"limit\":")
            self.number(Int64(limit))
        case .users(let ids):
            self.raw(",\"user_ids\":[")
            self.list(ids) { $0.id($1) }
            self.raw("]")
        }
        self.raw(",\"presences\":")
        self.bool(request.presences)
        self.raw(",\"nonce\":")
        self.optional(text: request.nonce)
        self.raw("}")
    }

    private mutating func optional(text: String?) {
        if let text { self.text(text) } else { self.raw("null") }
    }
}
