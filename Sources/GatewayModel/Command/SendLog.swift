/// When the latest payloads of a kind went out, oldest first. Holds those of one window, and `maxEntries` at most.
struct SendLog: Sendable {
    private(set) var times: [Instant] = []
    let window: Duration

    init(window: Duration) {
        self.window = window + CommandLimits.margin
    }

    mutating func append(_ now: Instant) {
        self.forget(at: now)
        if self.times.count == Self.maxEntries { self.times.removeFirst() }
        self.times.append(now)
    }

    /// Drops what has left the window.
    mutating func forget(at now: Instant) {
        let old = self.times.prefix { $0 + self.window <= now }.count
        if old > 0 { self.times.removeFirst(old) }
    }

    mutating func removeAll() {
        self.times.removeAll()
    }

    /// Nothing asks for more: no kind may have more in a window.
    private static let maxEntries = CommandLimits.payloads
}
