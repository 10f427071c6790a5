/// What the user of `muster up` decides.
public struct LocalClusterOptions: Sendable {
    /// At least 1.
    public var workers = 3
    /// Shards of the simulated bot, at least 1.
    public var shards = 16
    /// Guilds of the simulated bot, at least 1.
    public var guilds = 1000
    /// Dispatches of the whole bot.
    public var eventsPerSecond = 500
    /// Discord's `max_concurrency`: IDENTIFYs per 5 s.
    public var maxConcurrency = 16
    /// Kill a random worker every few seconds.
    public var chaos = false
    /// How long to run once every shard is live; `nil`: until Ctrl-C.
    public var limit: Duration?
    public var stateDirectory = "./muster-data"
    /// Of chaos and of the simulator's events.
    public var seed: UInt64 = 1
    /// Plain lines even on a terminal.
    public var plain = false

    public init() {}
}
