import SimulatedGateway

extension JSONBytes {
    /// GUILD_CREATE: a guild with a text and a voice channel, one role and the bot as its only listed member.
    mutating func guild(_ id: UInt64, members: Int) {
        self.raw("{\"id\":")
        self.id(id)
        self.raw(",\"name\":\"Guild ")
        self.number(id >> 22)
        self.raw("\",\"icon\":null,\"splash\":null,\"discovery_splash\":null,\"banner\":null,\"description\":null,\"owner_id\":")
        self.id(Snowflakes.owner)
        self.raw(",\"application_id\":null,\"afk_channel_id\":null,\"afk_timeout\":300,\"verification_level\":0,\"default_message_notifications\":0")
        self.raw(",\"explicit_content_filter\":0,\"mfa_level\":0,\"nsfw_level\":0,\"nsfw\":false,\"premium_tier\":0,\"premium_subscription_count\":0")
        self.raw(",\"premium_progress_bar_enabled\":false,\"preferred_locale\":\"en-US\",\"region\":\"deprecated\",\"system_channel_id\":null")
        self.raw(",\"system_channel_flags\":0,\"rules_channel_id\":null,\"public_updates_channel_id\":null,\"safety_alerts_channel_id\":null")
        self.raw(",\"max_members\":500000,\"max_presences\":null,\"max_video_channel_users\":25,\"max_stage_video_channel_users\":50,\"vanity_url_code\":null")
        self.raw(",\"widget_enabled\":false,\"widget_channel_id\":null,\"hub_type\":null,\"incidents_data\":null,\"features\":[],\"emojis\":[],\"stickers\":[]")
        self.raw(",\"roles\":[{\"id\":")
        self.id(id)
        self.raw(",\"name\":\"@everyone\",\"permissions\":\"2248473465835073\",\"position\":0,\"color\":0,\"hoist\":false,\"managed\":false")
        self.raw(",\"colors\":{\"primary_color\":0,\"secondary_color\":null,\"tertiary_color\":null}")
        self.raw(",\"mentionable\":false,\"icon\":null,\"unicode_emoji\":null,\"flags\":0}],\"channels\":[{\"id\":")
        self.id(SimulatedGuild(id: id).textChannel)
        self.raw(",\"type\":0,\"name\":\"general\",\"position\":0,\"permission_overwrites\":[],\"topic\":null,\"nsfw\":false,\"last_message_id\":null")
        self.raw(",\"rate_limit_per_user\":0,\"parent_id\":null,\"flags\":0,\"last_pin_timestamp\":null},{\"id\":")
        self.id(SimulatedGuild(id: id).voiceChannel)
        self.raw(",\"type\":2,\"name\":\"voice\",\"position\":1,\"permission_overwrites\":[],\"bitrate\":64000,\"user_limit\":0,\"rtc_region\":null")
        self.raw(",\"nsfw\":false,\"last_message_id\":null,\"rate_limit_per_user\":0,\"parent_id\":null,\"flags\":0}],\"members\":[")
        self.member(0)
        self.raw("],\"member_count\":")
        self.number(Int64(members))
        self.raw(",\"large\":")
        self.bool(members > 50)
        self.raw(",\"unavailable\":false,\"joined_at\":\"2024-05-01T12:00:00.000000+00:00\",\"threads\":[],\"voice_states\":[],\"presences\":[]")
        self.raw(",\"stage_instances\":[],\"guild_scheduled_events\":[],\"soundboard_sounds\":[],\"embedded_activities\":[]}")
    }
}
