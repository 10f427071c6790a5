import GatewayModel

/// Events per second, out of a count that rises.
struct RateMeter: Sendable {
    /// Shorter ones are mostly noise.
    static let window = Duration.seconds(2)

    private(set) var perSecond = 0.0

    mutating func observed(_ count: Int, at now: Instant) {
        self.samples.append((now, count))
        while self.samples.count > 2, now - self.samples[1].at >= Self.window { self.samples.removeFirst() }
        guard let first = self.samples.first, case let span = (now - first.at).inSeconds, span > 0 else { return }
        self.perSecond = Double(count - first.count) / span
    }

    private var samples: [(at: Instant, count: Int)] = []
}
