public import GatewayModel
public import Logging
public import NIOCore
public import NIOPosix

/// What the shards of a group have in common.
public struct ShardGroupConfiguration: Sendable {
    /// Everything but `shard`, `numShards` and `session`, which each shard brings along. A state that names intents, an encoding or a compression of its own keeps them.
    public var shard: GatewayShardConfiguration
    /// Shards are spread over its event loops.
    public var eventLoopGroup: any EventLoopGroup
    /// RESUMEs that may be dialed each second, by all shards of the group together, in 1 to 10 000. After a pause a second's worth goes at once: with the
    /// default of 200 a small bot is never held up, and the return of a network does not bring a thousand TLS handshakes in one moment. Several groups
    /// share a rate by one `GatewayShardConfiguration.dialPacer`, which then counts instead of this.
    public var dialsPerSecond = 200
    /// What 4011 leads to, where the group runs a whole shard set and has an `api` to ask.
    public var resharding = Resharding.automatic
    /// How often a group that re-shards by itself looks at Discord's recommended count, at least 1 s; `nil`: only 4011 begins a re-shard.
    public var recommendationInterval: Duration? = .seconds(3600)
    /// False where the caller of `connect` chose the count: then only 4011 is a reason for another one.
    var followsRecommendation = true
    /// Lines name their shard, by `shard.id`.
    public var logger: Logger

    /// - Parameters:
    ///   - shard: its `shard`, `numShards` and `session` are not used.
    ///   - eventLoopGroup: NIO's own, where nothing else is said.
    ///   - logger: for everything that the group does.
    public init(
        shard: GatewayShardConfiguration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "gateway")
    ) {
        self.shard = shard
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
    }

    /// Everything else as it is by itself: JSON, zlib-stream, all events.
    ///
    /// - Parameters:
    ///   - token: the bot's, without `Bot `.
    ///   - intents: most often of `Intents.derived`.
    ///   - gatewayURL: `url` of `GET /gateway/bot`, without query; `ShardGroup.connect` fills it in.
    ///   - eventLoopGroup: NIO's own, where nothing else is said.
    ///   - logger: for everything that the group does.
    public init(
        token: Secret, intents: Intents, gatewayURL: String = "", eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "gateway")
    ) {
        self.init(token: token, intents: intents.rawValue, gatewayURL: gatewayURL, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    /// As above, with intents as a number.
    ///
    /// - Parameters:
    ///   - token: the bot's, without `Bot `.
    ///   - intents: the intents' bits.
    ///   - gatewayURL: `url` of `GET /gateway/bot`, without query; `ShardGroup.connect` fills it in.
    ///   - eventLoopGroup: NIO's own, where nothing else is said.
    ///   - logger: for everything that the group does.
    public init(
        token: Secret, intents: UInt64, gatewayURL: String = "", eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "gateway")
    ) {
        self.init(
            shard: GatewayShardConfiguration(shard: ShardID(0), numShards: 1, token: token, intents: intents, gatewayURL: gatewayURL),
            eventLoopGroup: eventLoopGroup, logger: logger)
    }

    /// Checks what is of the group itself; each shard's configuration has a check of its own.
    func check() throws(OperatorMistake) {
        guard 1...10_000 ~= self.dialsPerSecond else {
            throw OperatorMistake(
                what: "\(self.dialsPerSecond) dials per second", why: "a group dials at least once and at most 10000 times a second",
                fix: "set dialsPerSecond in 1 to 10000")
        }
        if let interval = self.recommendationInterval, interval < .seconds(1) {
            throw OperatorMistake(
                what: "the recommended count would be read every \(interval)", why: "Discord limits how often it may be asked",
                fix: "set recommendationInterval to 1 s or more, or to nil")
        }
    }

    /// The configuration of one shard of the group.
    func configuration(of state: ShardState) -> GatewayShardConfiguration {
        var configuration = self.shard
        configuration.shard = state.id
        configuration.numShards = state.numShards
        configuration.session = state.session
        if let intents = state.intents { configuration.intents = intents }
        if let compression = state.compression { configuration.compression = compression }
        if let encoding = state.encoding { configuration.encoding = encoding }
        return configuration
    }
}
