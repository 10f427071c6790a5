/// How long to wait before the next connection. A run of failures ends only with a connection that stayed live for `SessionTiming.steady`.
struct Backoff: Hashable, Sendable {
    private(set) var failures = 0

    /// The first retry after a good connection: at once but for a jitter of up to 50 ms, since the replay buffer is running full meanwhile.
    static func soon(using random: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(Int64.random(in: 0...50_000_000, using: &random))
    }

    /// Half a second, doubled by each further failure up to 15 s, of which a random half to whole is waited.
    ///
    /// The cap is low because connecting and RESUME are not rate limited, while a session outlives its replay buffer by little (L4: live again
    /// within 30 s of the end of a partition).
    mutating func failed(using random: inout some RandomNumberGenerator) -> Duration {
        self.failures += 1
        let ceiling = min(15, 0.5 * Double(1 << min(self.failures - 1, 10)))
        return .nanoseconds(Int64(ceiling * 1e9 * Double.random(in: 0.5...1, using: &random)))
    }

    /// A live connection ended.
    ///
    /// - Parameter isSuspect: what ended it may well come again (malformed input, a jump), so not even the first retry is immediate.
    mutating func ended(liveSince: Instant, at now: Instant, isSuspect: Bool, using random: inout some RandomNumberGenerator) -> Duration {
        if now - liveSince >= SessionTiming.steady { self.failures = 0 }
        guard self.failures == 0, !isSuspect else { return self.failed(using: &random) }
        self.failures = 1
        return Self.soon(using: &random)
    }
}
