public import GatewayModel

/// All that one shard needs to run against a gateway.
public struct GatewayShardConfiguration: Sendable {
    public var shard: ShardID
    /// Size of the shard set, at least 1.
    public var numShards: Int
    public var token: Secret
    /// The intents' bits.
    public var intents: UInt64
    /// `url` of `GET /gateway/bot`: `ws://` or `wss://`, without query.
    public var gatewayURL: String
    /// RESUMEd first, where there is one.
    public var session: GatewaySession?
    public var compression: GatewayCompression
    public var properties: IdentifyProperties
    public var trust: GatewayTrust
    public var limits: GatewayLimits

    public init(
        shard: ShardID, numShards: Int, token: Secret, intents: UInt64, gatewayURL: String, session: GatewaySession? = nil,
        compression: GatewayCompression = .zlibStream, properties: IdentifyProperties = IdentifyProperties(), trust: GatewayTrust = .system,
        limits: GatewayLimits = GatewayLimits()
    ) {
        self.shard = shard
        self.numShards = numShards
        self.token = token
        self.intents = intents
        self.gatewayURL = gatewayURL
        self.session = session
        self.compression = compression
        self.properties = properties
        self.trust = trust
        self.limits = limits
    }
}

/// `properties` of IDENTIFY.
public struct IdentifyProperties: Hashable, Sendable {
    public var os: String
    public var browser: String
    public var device: String

    public init(os: String = "linux", browser: String = "muster", device: String = "muster") {
        self.os = os
        self.browser = browser
        self.device = device
    }
}

/// Bounds on what a server may make us hold. Beyond one: an anomaly, close 4000, RESUME with backoff.
public struct GatewayLimits: Hashable, Sendable {
    /// Bytes of one message on the wire, fragments together.
    public var maxMessageBytes: Int
    /// Bytes of one message after inflation.
    public var maxInflatedBytes: Int

    public init(maxMessageBytes: Int = 32 << 20, maxInflatedBytes: Int = 64 << 20) {
        self.maxMessageBytes = maxMessageBytes
        self.maxInflatedBytes = maxInflatedBytes
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
        let bytes = OutboundPayload.identify(self).utf8.count
        guard bytes <= OutboundPayload.maxBytes else {
            throw OperatorMistake(
                what: "IDENTIFY would have \(bytes) bytes", why: "Discord takes at most \(OutboundPayload.maxBytes)", fix: "check the token and the properties")
        }
        try self.trust.check()
    }
}
