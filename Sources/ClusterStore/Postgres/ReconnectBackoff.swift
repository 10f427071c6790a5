/// When the next attempt to connect is worth it: at once after a connection that worked, later after each that failed.
struct ReconnectBackoff: Sendable {
    /// Attempts that failed since one succeeded.
    private(set) var failures = 0

    /// Half of a doubling delay, and up to the other half by chance: 0.1 s after the first failure, at most 2 s.
    mutating func failed(using random: inout some RandomNumberGenerator) -> Duration {
        self.failures += 1
        let limit = min(0.1 * Double(1 << min(self.failures - 1, 10)), 2)
        return .seconds(limit * Double.random(in: 0.5...1, using: &random))
    }

    mutating func succeeded() {
        self.failures = 0
    }
}
