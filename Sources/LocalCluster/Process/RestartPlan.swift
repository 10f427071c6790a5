import GatewayModel

/// Decides whether a process that ended by itself is started again: at once, but not for ever.
struct RestartPlan: Sendable {
    /// Within `window`; one more ends the run.
    static let most = 5
    static let window = Duration.seconds(60)

    private(set) var gaveUp = false
    private var endings: [Instant] = []

    /// - Returns: whether to start it again.
    mutating func ended(at now: Instant) -> Bool {
        self.endings.append(now)
        self.endings.removeAll { now - $0 > Self.window }
        if self.endings.count > Self.most { self.gaveUp = true }
        return !self.gaveUp
    }
}
