import ClusterModel

/// What one seed is about: sizes, and which troubles may happen. Every seed has a random subset.
struct Plan {
    var seed: UInt64
    /// True length, healing included.
    var length: Int64
    var isolation: Isolation
    var workers: Int
    var shards: Int
    var maxConcurrency: Int
    /// A4 and A2 hold unless said otherwise; where A2 does not, a frozen process outlives its watchdog, and only S1' is asked for.
    var watchdogWorks: Bool
    var driftPartsPerMillion: Int64
    /// Upper end of the usual one-way delay; most messages are much faster.
    var delay: Int64
    /// How long a signal takes between the loops of one process.
    var loopLag: Int64
    var sinkDelay: Int64
    /// Dispatches per second and shard.
    var eventsPerSecond: Double
    /// Session starts per window at Discord.
    var budget: Int
    /// READY comes this long after IDENTIFY, at most.
    var readyDelay: Int64
    var replayBuffer: Int
    var refusesResumeWhileAttached: Bool
    var trimsReplayByHeartbeat: Bool
    var sessionLifetimeSeconds: Int
    var capacity: Int
    var countIsAutomatic: Bool
    /// How far beyond its instant a watchdog ends a frozen process, in milliseconds: at most 500.
    var watchdogLateness: Int64
    /// A fatal close code comes at the end of the troubles; nothing heals then.
    var fatalCode: UInt16?
    var troubles: [Trouble]
    /// Mean time between troubles.
    var troubleInterval: Int64
    var troublesEnd: Int64

    /// - Parameter mutant: where it needs a certain trouble to show, the seed has it.
    init(seed: UInt64, minutes: Double, mutant: Mutant? = nil) {
        var draw = Draw(seed: seed &* 0x9E37_79B9 &+ 0x1234_5678)
        self.seed = seed
        self.length = Int64(minutes * 60) * second
        self.isolation = draw.chance(0.6) ? .fence : .hold
        self.workers = draw.integer(1...6)
        self.shards = draw.chance(0.5) ? draw.integer(1...8) : draw.integer(4...32)
        self.maxConcurrency = draw.pick([1, 1, 2, 3, 4, 8, 16])
        if self.shards > 16, self.maxConcurrency < 3 { self.maxConcurrency = draw.pick([4, 8, 16]) }
        self.watchdogWorks = draw.chance(0.85)
        self.driftPartsPerMillion = draw.chance(0.5) ? 10_000 : 500
        self.delay = draw.pick([5, 30, 100, 400, 1_500]) * millisecond
        self.loopLag = draw.pick([0, 200 * microsecond, 5 * millisecond, 30 * millisecond])
        self.sinkDelay = draw.pick([1, 20, 200, 1_500]) * millisecond
        self.eventsPerSecond = draw.pick([0.1, 0.3, 0.6])
        self.budget = draw.chance(0.8) ? 1_000 : draw.integer((self.shards + 40)...(self.shards + 140))
        self.readyDelay = draw.pick([50, 200, 1_000, 6_000]) * millisecond
        self.replayBuffer = draw.pick([100, 500, 2_000])
        self.refusesResumeWhileAttached = draw.chance(0.4)
        self.trimsReplayByHeartbeat = draw.chance(0.3)
        self.sessionLifetimeSeconds = draw.pick([90, 120, 300])
        self.countIsAutomatic = draw.chance(0.3)
        self.watchdogLateness = draw.pick([0, 100, 490])
        self.fatalCode = draw.chance(0.06) ? draw.pick([4004, 4010, 4011, 4012, 4013, 4014]) : nil
        let needed = (self.shards + self.workers - 1) / self.workers
        self.capacity = draw.chance(0.5) ? self.shards : needed + draw.integer(0...4)
        let share = draw.pick([0.15, 0.35, 0.6, 1.0])
        self.troubles = Trouble.allCases.filter { _ in draw.chance(share) }
        self.troubleInterval = draw.pick([3, 8, 15, 30]) * second
        let pacing = Int64((self.shards + self.maxConcurrency - 1) / self.maxConcurrency) * 6_500 * millisecond
        self.isolation = mutant?.isolation ?? self.isolation
        self.watchdogWorks = mutant == nil ? self.watchdogWorks : true
        self.fatalCode = mutant == nil ? self.fatalCode : nil
        if let mutant { self.troubles = Array(Set(self.troubles + mutant.troubles)).sorted { $0.rawValue < $1.rawValue } }
        self.troublesEnd = max(self.length / 4, self.length - 100 * second - pacing)
    }

    var summary: String {
        "\(self.isolation.rawValue), \(self.workers) workers of \(self.capacity), \(self.shards) shards, max_concurrency \(self.maxConcurrency), "
            + "drift \(self.driftPartsPerMillion) ppm, delay \(self.delay / millisecond) ms, sink \(self.sinkDelay / millisecond) ms, "
            + "ready \(self.readyDelay / millisecond) ms, budget \(self.budget), buffer \(self.replayBuffer), "
            + (self.watchdogWorks ? "" : "no watchdog, ") + (self.refusesResumeWhileAttached ? "refuses resume while attached, " : "")
            + (self.trimsReplayByHeartbeat ? "trims by heartbeat, " : "")
            + "trouble every \(self.troubleInterval / second) s: \(self.troubles.map(\.rawValue).joined(separator: " "))"
    }
}

/// What can go wrong, each for a while.
enum Trouble: String, CaseIterable {
    // Processes.
    case workerKilled, workerKilledForGood, workerHostLost, workerJoins, workerFrozen, workerTerminated, workerDiesGreeting
    case coordinatorKilled, coordinatorFrozen
    // Between workers and the coordinator.
    case controlCut, controlOneWay, controlReset, controlHalfOpen, controlSlow
    // Between workers and Discord.
    case gatewayCut, gatewayReset, gatewaySlow, dialRefused
    // The store.
    case storeAway, storeSlow, storeFails, storeUnknown
    // Discord.
    case reconnectRequested, invalidSessionResumable, invalidSessionFinal, closedByDiscord, sessionsForgotten, infoFails, strangerIdentifies,
        concurrencyChanges, sequenceHole, identifyRefused
    // The sink and the operator.
    case sinkSlow, operatorReshards
}
