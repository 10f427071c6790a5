import SimulatedGateway

extension JSONBytes {
    /// `d` of an event other than READY. Besides Discord's fields it holds `sim_event`, the ledger's id (not in GUILD_CREATE and RESUMED).
    ///
    /// - Parameter members: of every guild.
    mutating func body(of event: SimulatedEvent, members: Int) {
        switch event.type {
        case .ready: preconditionFailure("READY is rendered by session")
        case .resumed: self.raw("{\"_trace\":[\"[\\\"muster-simulator\\\"]\"]}")
        case .guildCreate: self.guild(event.guild, members: members)
        case .guildDelete:
            self.raw("{\"id\":")
            self.id(event.guild)
            self.end(event)
        case .messageCreate, .messageUpdate: self.message(event)
        case .messageDelete:
            self.raw("{\"id\":")
            self.id(Snowflakes.message(event: event.id))
            self.place(event)
            self.end(event)
        case .messageReactionAdd:
            self.raw("{\"user_id\":")
            self.id(Snowflakes.author(event: event.id))
            self.raw(",\"type\":0,\"message_id\":")
            self.id(Snowflakes.message(event: event.id))
            self.place(event)
            self.raw(",\"emoji\":{\"name\":\"\u{1F44D}\",\"id\":null},\"burst\":false")
            self.end(event)
        case .typingStart:
            self.raw("{\"user_id\":")
            self.id(Snowflakes.author(event: event.id))
            self.raw(",\"timestamp\":")
            self.number(1_767_225_600 + event.id)
            self.place(event)
            self.end(event)
        case .presenceUpdate:
            self.raw("{\"user\":{\"id\":")
            self.id(Snowflakes.author(event: event.id))
            self.raw("},\"status\":\"online\",\"client_status\":{\"desktop\":\"online\"},\"activities\":[]")
            self.inGuild(event)
            self.end(event)
        case .guildMemberAdd:
            self.raw("{\"user\":")
            self.author(event)
            self.raw(",\"roles\":[],\"nick\":null,\"joined_at\":\"2024-05-01T12:00:00.000000+00:00\",\"mute\":false,\"deaf\":false,\"flags\":0,\"avatar\":null")
            self.inGuild(event)
            self.end(event)
        case .voiceStateUpdate:
            if case .voiceState(let request)? = event.answer { return self.ownVoiceState(request, of: event) }
            self.raw("{\"user_id\":")
            self.id(Snowflakes.author(event: event.id))
            self.raw(",\"channel_id\":null,\"session_id\":\"0123456789abcdef\",\"suppress\":false,\"self_video\":false,\"self_mute\":false,\"self_deaf\":false")
            self.raw(",\"mute\":false,\"deaf\":false,\"request_to_speak_timestamp\":null")
            self.inGuild(event)
            self.end(event)
        case .interactionCreate: self.interaction(event)
        case .guildMembersChunk: self.membersChunk(event)
        case .rateLimited: self.rateLimited(event)
        case .soundboardSounds: self.soundboardSounds(event)
        case .channelInfo: self.channelInfo(event)
        case .voiceServerUpdate: self.voiceServer(event)
        }
    }

    private mutating func message(_ event: SimulatedEvent) {
        self.raw("{\"type\":0,\"tts\":false,\"timestamp\":")
        self.timestamp(event.id)
        self.raw(",\"pinned\":false,\"nonce\":\"")
        self.number(event.id)
        self.raw("\",\"mentions\":[],\"mention_roles\":[],\"mention_everyone\":false")
        if event.guild != 0 {
            self.raw(",\"member\":{\"roles\":[],\"premium_since\":null,\"pending\":false,\"nick\":null,\"mute\":false")
            self.raw(",\"joined_at\":\"2024-05-01T12:00:00.000000+00:00\",\"flags\":0,\"deaf\":false,\"communication_disabled_until\":null,\"avatar\":null}")
        }
        self.raw(",\"id\":")
        self.id(Snowflakes.message(event: event.id))
        self.raw(",\"flags\":0,\"embeds\":[],\"edited_timestamp\":")
        if event.type == .messageUpdate { self.timestamp(event.id) } else { self.raw("null") }
        self.raw(",\"content\":\"")
        self.content(event)
        self.raw("\",\"components\":[],\"channel_type\":")
        self.number(event.guild == 0 ? UInt64(1) : 0)
        self.place(event)
        self.raw(",\"author\":")
        self.author(event)
        self.raw(",\"attachments\":[]")
        self.end(event)
    }

    /// `channel_id`, and `guild_id` where the event happened in a guild.
    private mutating func place(_ event: SimulatedEvent) {
        self.raw(",\"channel_id\":")
        self.id(event.guild == 0 ? Snowflakes.directChannel(user: Snowflakes.author(event: event.id)) : SimulatedGuild(id: event.guild).textChannel)
        self.inGuild(event)
    }

    private mutating func inGuild(_ event: SimulatedEvent) {
        guard event.guild != 0 else { return }
        self.raw(",\"guild_id\":")
        self.id(event.guild)
    }

    private mutating func author(_ event: SimulatedEvent) {
        self.raw("{\"username\":\"user")
        self.number(event.id % 1000)
        self.raw("\",\"public_flags\":0,\"id\":")
        self.id(Snowflakes.author(event: event.id))
        self.raw(",\"global_name\":\"User\",\"discriminator\":\"0\",\"avatar_decoration_data\":null,\"avatar\":null}")
    }

    /// A time that rises a millisecond with each event.
    private mutating func timestamp(_ event: Int64) {
        self.raw("\"2026-01-")
        self.twoDigits(1 + event / 86_400_000 % 28)
        self.raw("T")
        self.twoDigits(event / 3_600_000 % 24)
        self.raw(":")
        self.twoDigits(event / 60_000 % 60)
        self.raw(":")
        self.twoDigits(event / 1000 % 60)
        self.raw(".")
        self.bytes.append(48 + UInt8(event / 100 % 10))
        self.twoDigits(event % 100)
        self.raw("000+00:00\"")
    }

    private mutating func twoDigits(_ value: Int64) {
        self.bytes.append(48 + UInt8(value / 10 % 10))
        self.bytes.append(48 + UInt8(value % 10))
    }

    /// Up to half a kilobyte, by event.
    private mutating func content(_ event: SimulatedEvent) {
        let length = Int(truncatingIfNeeded: UInt64(bitPattern: event.id) &* 2_654_435_761 >> 7) & 0x1FF
        let text: StaticString = """
            The quick brown fox jumps over the lazy dog while seven wizards box quietly behind the old lighthouse, counting every message that passes by and \
            writing each of them down in a ledger so that nobody can say afterwards that one was missing. Rain fell on the harbour, the ferries kept their \
            times, and the clerk at the pier noted arrivals to the second: boats, gulls, postcards, rumours, and once a piano. When the lamp went out he lit a \
            candle, when the candle went out he counted in the dark, and in the morning the sums still agreed to the last entry, as they always did.
            """
        self.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: min(length, text.utf8CodeUnitCount)))
    }

    private mutating func interaction(_ event: SimulatedEvent) {
        self.raw("{\"version\":1,\"type\":1,\"token\":\"interaction-")
        self.number(event.id)
        self.raw("\",\"id\":")
        self.id(Snowflakes.message(event: event.id))
        self.raw(",\"application_id\":")
        self.id(SimulatedUser.bot)
        self.place(event)
        self.raw(",\"user\":")
        self.author(event)
        self.end(event)
    }

    /// The ledger's id, and padding where the event is to be large.
    mutating func end(_ event: SimulatedEvent) {
        self.raw(",\"sim_event\":")
        self.number(event.id)
        if event.padding > 0 {
            self.raw(",\"sim_padding\":\"")
            self.bytes.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: Int(event.padding)))
            self.raw("\"")
        }
        self.raw("}")
    }
}
