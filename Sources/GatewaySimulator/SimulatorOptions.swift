public import SimulatedGateway

/// How one simulator process listens and behaves. The gateway's rules are `rules`.
public struct SimulatorOptions: Sendable {
    /// Where HTTP and the base gateway URL are.
    public var host = "127.0.0.1"
    /// 0: any free port.
    public var port = 0
    /// Where RESUMEs go; `nil`: `host`.
    public var resumeHost: String?
    /// The resume URL's port; `nil`: the next free one after `port`.
    public var resumePort: Int?
    /// The host that both URLs name; `nil`: the one each listens on, or 127.0.0.1 where that is a wildcard.
    public var advertisedHost: String?
    /// PEM files; both or neither. With them everything is `https` and `wss`.
    public var certificateFile: String?
    public var privateKeyFile: String?
    public var rules: GatewayConfiguration
    /// Events published by itself, as an even stream.
    public var eventsPerSecond: Double = 0
    /// Chooses guilds and types of those events.
    public var seed: UInt64 = 1
    /// Loaded at the start where it exists, written at the end. `nil`: state is not kept.
    public var stateFile: String?
    /// Bytes that wait for one client; beyond, its connection is cut with a reset and its session stays. At least 1 MiB.
    public var clientBacklogLimit = 64 << 20
    /// Payloads beyond it go out as fragments of that many bytes and an empty last one. `nil`: whole. At least 1.
    public var fragmentBytes: Int?

    /// Compressed payloads of `zlib-stream` beyond it go out as several whole WebSocket messages of at most that many bytes. `nil`: one. At least 1.
    public var splitBytes: Int?
    /// HELLO leaves in the TCP segment of the 101.
    public var helloWithUpgrade = false
    public var etfIDs = ETFIDs.mixed

    public init(rules: GatewayConfiguration) {
        self.rules = rules
    }
}
