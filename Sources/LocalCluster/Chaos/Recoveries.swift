import GatewayModel

/// Measures, for each kill, the time until every shard is live again.
struct Recoveries: Sendable {
    /// In order of the kills.
    private(set) var durations: [Duration] = []

    var isOpen: Bool { !self.open.isEmpty }

    /// - Parameters:
    ///   - shards: how many shards the worker held.
    ///   - starts: sessions resumed or identified so far, as the simulator counts.
    mutating func killed(shards: Int, starts: Int, at now: Instant) {
        // A kill before the last one was over adds to what must come back; some of that may be on its way already.
        self.open.append((now, starts + shards))
    }

    /// - Parameter allAttached: whether every shard's session has a connection.
    mutating func observed(allAttached: Bool, starts: Int, at now: Instant) {
        guard allAttached, let last = self.open.last, starts >= last.wantedStarts else { return }
        self.durations.append(contentsOf: self.open.map { now - $0.killedAt })
        self.open = []
    }

    /// `nil` before the first recovery.
    var median: Duration? {
        self.durations.isEmpty ? nil : self.durations.sorted()[self.durations.count / 2]
    }

    private var open: [(killedAt: Instant, wantedStarts: Int)] = []
}
