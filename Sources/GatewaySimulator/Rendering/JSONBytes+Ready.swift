import SimulatedGateway

extension JSONBytes {
    mutating func ready(_ key: SessionKey, machine: inout GatewayMachine, resumeURL: String) {
        // Without status: the session ended between queueing and sending, and its client is about to hear of that.
        guard let session = machine.status(of: key) else { return self.raw("{}") }
        self.raw("{\"v\":10,\"user_settings\":{},\"user\":")
        self.botUser()
        self.raw(",\"session_type\":\"normal\",\"session_id\":")
        self.text(session.sessionID)
        self.raw(",\"resume_gateway_url\":")
        self.text(resumeURL)
        self.raw(",\"relationships\":[],\"private_channels\":[],\"presences\":[],\"guilds\":[")
        var isFirst = true
        for guild in machine.guilds(ofShard: session.shard, numShards: session.numShards) {
            if !isFirst { self.raw(",") }
            isFirst = false
            self.raw("{\"unavailable\":true,\"id\":")
            self.id(guild)
            self.raw("}")
        }
        self.raw("],\"guild_join_requests\":[],\"geo_ordered_rtc_regions\":[],\"shard\":[")
        self.number(Int64(session.shard))
        self.raw(",")
        self.number(Int64(session.numShards))
        self.raw("],\"application\":{\"id\":")
        self.id(SimulatedUser.bot)
        self.raw(",\"flags\":565248},\"_trace\":[\"[\\\"muster-simulator\\\"]\"]}")
    }

    mutating func botUser() {
        self.raw("{\"verified\":true,\"username\":\"muster\",\"mfa_enabled\":false,\"id\":")
        self.id(SimulatedUser.bot)
        self.raw(",\"global_name\":null,\"flags\":0,\"public_flags\":0,\"email\":null,\"discriminator\":\"0001\",\"bot\":true,\"avatar\":null}")
    }
}
