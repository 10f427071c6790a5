import GatewayModel

/// A counted run of messages, spread evenly over a time.
struct Burst {
    private(set) var remaining: Int
    let guild: UInt64?
    let padding: UInt32
    private let total: Int
    private let start: Instant
    private let length: Duration

    /// - Parameter guild: `nil`: guilds chosen by chance.
    init(count: Int, over length: Duration, guild: UInt64?, padding: UInt32, at now: Instant) {
        self.remaining = count
        self.total = count
        self.guild = guild
        self.padding = padding
        self.start = now
        self.length = length
    }

    /// How many messages have fallen due since the last call.
    mutating func due(at now: Instant) -> Int {
        let share = self.length <= .zero ? 1 : min(1, self.start.duration(to: now).inSeconds / self.length.inSeconds)
        let due = Int(Double(self.total) * share) - (self.total - self.remaining)
        self.remaining -= due
        return due
    }
}
