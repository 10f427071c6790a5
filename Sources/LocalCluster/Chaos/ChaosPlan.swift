import GatewayModel

/// Decides when a worker is killed, and which one.
struct ChaosPlan: Sendable {
    /// Between two kills, and before the first.
    static let pause = 3.0...8.0
    /// How long before the end the last kill may come, so that every shard is back by then.
    static let calmAtEnd = Duration.seconds(10)

    /// - Parameters:
    ///   - workers: how many there are, at least 1.
    ///   - end: when the run ends; `nil` where it does not.
    init(workers: Int, from start: Instant, until end: Instant?, using random: inout some RandomNumberGenerator) {
        precondition(workers > 0, "chaos needs a worker to kill")
        self.workers = workers
        self.lastKill = end.map { $0 - Self.calmAtEnd }
        self.next = start + Self.randomPause(using: &random)
    }

    /// - Returns: the index of the worker to kill now, in `0..<workers`, or `nil`.
    mutating func timePassed(to now: Instant, using random: inout some RandomNumberGenerator) -> Int? {
        guard now >= self.next else { return nil }
        if let lastKill = self.lastKill, now > lastKill { return nil }
        self.next = now + Self.randomPause(using: &random)
        return Int.random(in: 0..<self.workers, using: &random)
    }

    private let workers: Int
    private let lastKill: Instant?
    private var next: Instant

    private static func randomPause(using random: inout some RandomNumberGenerator) -> Duration {
        .seconds(Double.random(in: Self.pause, using: &random))
    }
}
