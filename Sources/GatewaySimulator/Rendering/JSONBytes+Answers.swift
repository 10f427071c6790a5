import SimulatedGateway

/// `d` of what answers a command. Without an `Answer`, which is what a published event of the same type has, each shows the least.
extension JSONBytes {
    mutating func membersChunk(_ event: SimulatedEvent) {
        var chunk = MembersChunk(members: .list([]))
        if case .members(let answer)? = event.answer { chunk = answer }
        let numbers = chunk.members.numbers
        self.raw("{\"members\":[")
        self.list(numbers) { $0.member($1) }
        if !chunk.notFound.isEmpty {
            self.raw("],\"not_found\":[")
            self.list(chunk.notFound) { json, id in
                if id < 1 << 22 { json.number(id) } else { json.id(id) }
            }
        }
        if chunk.presences {
            self.raw("],\"presences\":[")
            self.list(numbers) { json, number in
                json.raw("{\"user\":{\"id\":")
                json.id(SimulatedUser.id(ofMember: number))
                json.raw("},\"status\":\"online\",\"client_status\":{\"desktop\":\"online\"},\"activities\":[]}")
            }
        }
        self.raw("],\"guild_id\":")
        self.id(event.guild)
        self.raw(",\"chunk_index\":")
        self.number(Int64(chunk.index))
        self.raw(",\"chunk_count\":")
        self.number(Int64(chunk.count))
        self.nonce(chunk.nonce)
        self.end(event)
    }

    mutating func rateLimited(_ event: SimulatedEvent) {
        var limit = RateLimit(retryAfterMilliseconds: 0)
        if case .rateLimited(let answer)? = event.answer { limit = answer }
        self.raw("{\"retry_after\":")
        self.number(limit.retryAfterMilliseconds / 1000)
        self.raw(".")
        let rest = limit.retryAfterMilliseconds % 1000
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { self.bytes.append(48 + UInt8(digit)) }
        self.raw(",\"opcode\":8,\"meta\":{\"guild_id\":")
        self.id(event.guild)
        self.nonce(limit.nonce)
        self.raw("}")
        self.end(event)
    }

    mutating func ownVoiceState(_ request: VoiceStateRequest, of event: SimulatedEvent) {
        self.raw("{\"user_id\":")
        self.id(SimulatedUser.bot)
        self.raw(",\"member\":")
        self.member(0)
        self.raw(",\"channel_id\":")
        if let channel = request.channel { self.id(channel) } else { self.raw("null") }
        self.raw(",\"session_id\":\"")
        self.voiceSession(event.guild)
        self.raw("\",\"suppress\":false,\"self_video\":false,\"self_mute\":")
        self.bool(request.selfMute)
        self.raw(",\"self_deaf\":")
        self.bool(request.selfDeaf)
        self.raw(",\"mute\":false,\"deaf\":false,\"request_to_speak_timestamp\":null,\"guild_id\":")
        self.id(event.guild)
        self.end(event)
    }

    mutating func voiceServer(_ event: SimulatedEvent) {
        self.raw("{\"token\":\"voice-")
        self.number(event.guild)
        self.raw("\",\"endpoint\":\"voice.invalid:443\",\"guild_id\":")
        self.id(event.guild)
        self.end(event)
    }

    mutating func soundboardSounds(_ event: SimulatedEvent) {
        self.raw("{\"soundboard_sounds\":[{\"volume\":1.0,\"user_id\":")
        self.id(SimulatedUser.bot)
        self.raw(",\"sound_id\":")
        self.id(SimulatedGuild(id: event.guild).soundboardSound)
        self.raw(",\"name\":\"quack\",\"emoji_name\":\"\u{1F986}\",\"emoji_id\":null,\"available\":true,\"guild_id\":")
        self.id(event.guild)
        self.raw("}],\"guild_id\":")
        self.id(event.guild)
        self.end(event)
    }

    mutating func channelInfo(_ event: SimulatedEvent) {
        var fields: ChannelInfoFields = []
        if case .channelInfo(let answer)? = event.answer { fields = answer }
        self.raw("{\"channels\":[{\"id\":")
        self.id(SimulatedGuild(id: event.guild).voiceChannel)
        if fields.contains(.status) { self.raw(",\"status\":null") }
        if fields.contains(.voiceStartTime) { self.raw(",\"voice_start_time\":null") }
        self.raw("}],\"guild_id\":")
        self.id(event.guild)
        self.end(event)
    }

    /// A guild member with its user.
    mutating func member(_ number: Int) {
        self.raw("{\"user\":")
        if number == 0 {
            self.botUser()
        } else {
            self.raw("{\"username\":\"user")
            self.number(Int64(number))
            self.raw("\",\"public_flags\":0,\"id\":")
            self.id(SimulatedUser.id(ofMember: number))
            self.raw(",\"global_name\":\"User\",\"discriminator\":\"0\",\"avatar_decoration_data\":null,\"avatar\":null}")
        }
        self.raw(",\"roles\":[],\"nick\":null,\"avatar\":null,\"joined_at\":\"2024-05-01T12:00:00.000000+00:00\",\"premium_since\":null,\"deaf\":false")
        self.raw(",\"mute\":false,\"flags\":0,\"pending\":false,\"communication_disabled_until\":null}")
    }

    private mutating func nonce(_ nonce: String?) {
        guard let nonce else { return }
        self.raw(",\"nonce\":")
        self.text(nonce)
    }

    /// The same for every join of a guild: the bot is in one voice channel of it at most.
    private mutating func voiceSession(_ guild: UInt64) {
        self.raw(Array(String(guild &* 0x9E37_79B9_7F4A_7C15, radix: 16).utf8))
    }
}
