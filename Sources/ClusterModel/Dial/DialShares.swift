import GatewayModel

/// How many gateway connections each worker may open in a second, so that all together stay within the cluster's cap: in proportion to the shards it
/// holds, since these are what dials when Discord ends them all at once. At least 1 each, which alone may exceed the cap. One that holds none yet has an
/// equal part, for the moment in which it is given some.
struct DialShares: Sendable {
    private var shares: [StableID: Int] = [:]
    private var countedAt: Instant?

    /// Shares are counted anew after this: a worker hears of its own with each ack.
    private static let age = Duration.seconds(1)

    func isOld(at now: Instant) -> Bool {
        self.countedAt.map { now >= $0 + Self.age } ?? true
    }

    /// - Parameter shards: of each connected worker.
    mutating func count(_ shards: [StableID: Int], cap: Int, at now: Instant) {
        let total = shards.values.reduce(0, +)
        self.shares = shards.mapValues { max(1, $0 == 0 ? cap / shards.count : cap * $0 / total) }
        self.countedAt = now
    }

    subscript(worker: StableID) -> Int {
        self.shares[worker] ?? 1
    }
}

extension ClusterMachine {
    mutating func dialShare(of worker: StableID, at now: Instant) -> Int {
        if self.dialShares.isOld(at: now) {
            var shards: [StableID: Int] = [:]
            for (id, worker) in self.workers where worker.connection != nil && !worker.isGone { shards[id] = 0 }
            for shard in self.shards.values { if let owner = shard.owner?.stableID, let count = shards[owner] { shards[owner] = count + 1 } }
            self.dialShares.count(shards, cap: min(max(1, self.configuration.dialsPerSecond), 1_000_000), at: now)
        }
        return self.dialShares[worker]
    }
}
