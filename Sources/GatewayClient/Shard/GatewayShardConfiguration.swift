public import GatewayModel

/// All that one shard needs to run against a gateway.
public struct GatewayShardConfiguration: Sendable {
    /// Which shard, in `0..<numShards`.
    public var shard: ShardID
    /// Size of the shard set, at least 1.
    public var numShards: Int
    /// The bot's token, without `Bot `.
    public var token: Secret
    /// The intents' bits.
    public var intents: UInt64
    /// `url` of `GET /gateway/bot`: `ws://` or `wss://`, without query.
    public var gatewayURL: String
    /// RESUMEd first, where there is one. It must have begun with the same encoding and compression.
    public var session: GatewaySession?
    /// How payloads are written, both ways.
    public var encoding: GatewayEncoding
    /// How payloads from Discord are compressed.
    public var compression: GatewayCompression
    /// What IDENTIFY says about this program.
    public var properties: IdentifyProperties
    /// Members from which on a guild counts as large, so that GUILD_CREATE leaves out those that are offline; 50 to 250, `nil` for Discord's default.
    public var largeThreshold: Int?
    /// Presence from the beginning. A later `updatePresence` replaces it, also for sessions to come.
    public var presence: Presence?
    /// The dispatches that somebody wants; `nil` for all. The rest is dropped by its name, before its data is looked at. READY and RESUMED always come.
    public var wanted: EventSet?
    /// Whose certificates the gateway may show.
    public var trust: GatewayTrust
    /// Bounds on what a server may make us hold.
    public var limits: GatewayLimits
    /// Spaces this shard's dials for RESUME among those of all shards that share it; `nil`: it dials when it likes.
    public var dialPacer: DialPacer?
    /// Whether the pacer counts the very first dial too. A cluster paces the start of shards itself, where it gives them out.
    public var isFirstDialPaced = true
    /// Where this shard is counted; `nil`: with the process's metrics. See `GatewayMetrics`.
    public var metrics: GatewayMetrics?
    /// What is to follow when the gateway closes with these codes, in place of what the table of codes says (`CloseDisposition.after(code:)`). Codes that Discord
    /// does not document can be named as well. A new session in place of a RESUME is begun after a wait, as after a failure.
    ///
    /// Not every wish is taken: 4004 always stops the application, and 4010 to 4014 always stop it or the shard set, since to go on regardless would end in a
    /// reset of the token. `check` says which one is refused, and why.
    public var closeOverrides: [UInt16: CloseDisposition]

    /// JSON, zlib-stream and all events, where nothing else is said. `check` tells what Discord would refuse.
    public init(
        shard: ShardID, numShards: Int, token: Secret, intents: UInt64, gatewayURL: String, session: GatewaySession? = nil,
        encoding: GatewayEncoding = .json, compression: GatewayCompression = .zlibStream, properties: IdentifyProperties = IdentifyProperties(),
        largeThreshold: Int? = nil, presence: Presence? = nil, wanted: EventSet? = nil, trust: GatewayTrust = .system,
        limits: GatewayLimits = GatewayLimits(), dialPacer: DialPacer? = nil, metrics: GatewayMetrics? = nil,
        closeOverrides: [UInt16: CloseDisposition] = [:]
    ) {
        self.shard = shard
        self.numShards = numShards
        self.token = token
        self.intents = intents
        self.gatewayURL = gatewayURL
        self.session = session
        self.encoding = encoding
        self.compression = compression
        self.properties = properties
        self.largeThreshold = largeThreshold
        self.presence = presence
        self.wanted = wanted
        self.trust = trust
        self.limits = limits
        self.dialPacer = dialPacer
        self.metrics = metrics
        self.closeOverrides = closeOverrides
    }
}

extension GatewayShardConfiguration {
    /// Checks what Discord would refuse for good: for one clear line at start.
    public func check() throws(OperatorMistake) {
        guard self.numShards >= 1, 0..<self.numShards ~= self.shard.rawValue else {
            throw OperatorMistake(
                what: "shard \(self.shard) does not exist", why: "this shard set has \(self.numShards) shards, counted from 0", fix: "set the number of shards")
        }
        guard GatewayURL(self.gatewayURL, compression: self.compression) != nil else {
            throw OperatorMistake(
                what: "cannot use the gateway URL \(self.gatewayURL)", why: "it is no ws:// or wss:// URL", fix: "check what GET /gateway/bot answers")
        }
        try Intents(rawValue: self.intents).check()
        if let threshold = self.largeThreshold, !(LargeThreshold.range ~= threshold) {
            throw OperatorMistake(what: "large threshold \(threshold)", why: "Discord takes 50 to 250", fix: "set one in that range, or none")
        }
        guard self.encoding == .json || self.compression != .payload else {
            throw OperatorMistake(
                what: "payload compression with ETF", why: "Discord compresses single payloads in JSON only", fix: "use zlib-stream or zstd-stream")
        }
        if let presence = self.presence {
            do {
                try GatewayCommand.updatePresence(presence).check()
            } catch {
                let (what, why, fix) = error.explanation
                throw OperatorMistake(what: "the first presence cannot be used: \(what)", why: why, fix: fix)
            }
        }
        // With the largest presence that may come later: a shard that could not identify with it would never be live again.
        let codec = PayloadCodec(self.encoding)
        let bytes = codec.encode(op: 2, data: OutboundPayload.identify(self, presence: nil)).count
        guard bytes + CommandLimits.maxPresenceBytes <= CommandLimits.maxPayloadBytes else {
            throw OperatorMistake(
                what: "IDENTIFY would have \(bytes) bytes without a presence",
                why: "Discord takes at most \(CommandLimits.maxPayloadBytes), of which a presence may need \(CommandLimits.maxPresenceBytes)",
                fix: "check the token and the properties")
        }
        if let presence = self.presence {
            let bytes = codec.encode(op: 3, data: presence.data).count
            guard bytes <= CommandLimits.maxPresenceBytes else {
                throw OperatorMistake(
                    what: "the first presence has \(bytes) bytes", why: "it may have \(CommandLimits.maxPresenceBytes), since IDENTIFY has to hold it too",
                    fix: "shorten it")
            }
        }
        for (code, disposition) in self.closeOverrides.sorted(by: { $0.key < $1.key }) {
            if let refusal = disposition.refusal(for: code) { throw refusal }
        }
        try self.trust.check()
    }
}
