public import GatewayModel

/// The leader's decisions: who holds which shard, who may IDENTIFY and when, what is committed before it is told.
///
/// Inputs come one by one; effects are performed in order. Nothing is told that depends on a commit which has not ended. Files beside this one:
/// `+Workers` (streams and leases), `+Challengers` (new processes of a known worker), `+Shards` (reports and sessions), `+Placement`, `+Identify`,
/// `+ShardSet` (first set, re-shard, fatal codes), `+Store` (commits and checkpoints), `+Presence`, `+Commands`, `+Status`.
public struct ClusterMachine: Sendable {
    /// When `handle(.tick)` is wanted next; `nil` once it has stopped.
    public private(set) var deadline: Instant?

    let configuration: ClusterConfiguration
    let epoch: CoordinatorEpoch
    var timing: Timing { self.configuration.timing }

    // Workers and their streams.
    var workers: [StableID: WorkerState] = [:]
    var workerOf: [ConnectionID: StableID] = [:]
    /// What was said on streams that `WorkerState.challenger` names.
    var challengers: [ConnectionID: WorkerHello] = [:]

    // The shard set.
    var generation: Generation?
    var numShards = 0
    var shards: [ShardKey: ShardState] = [:]
    /// Ascending.
    var shardKeys: [ShardKey] = []
    var unowned: Set<ShardKey> = []
    var awaitingPermit: Set<ShardKey> = []
    var shardSetProblem: String?
    var stopped: String?
    var highestGeneration = 0

    // Discord.
    var gatewayInfo: GatewayInfo?
    var gatewayInfoReadAt: Instant?
    var gatewayInfoProblem: String?
    var gatewayFetch = GatewayFetch.idle(notBefore: nil)
    /// In a row.
    var gatewayFailures = 0
    /// Discord's recommendation is not looked at before this.
    var nextRecommendationLook: Instant?
    /// The highest recommended number of which the log was told that a re-shard is due.
    var notedRecommendation = 0
    var permits: IdentifyPermits
    var budget: StartBudget

    // Store.
    var nextCommit = 1
    var commits: [CommitID: PendingCommit] = [:]
    var storeProblem: String?
    /// No new control transaction before this, after one failed.
    var storeRetryAt: Instant?
    var dirty: Set<ShardKey> = []
    var checkpointing: [ShardKey: GatewaySession?]?
    var checkpointAt: Instant
    var checkpointUrgent = false

    // Placement.
    var placingCommit: CommitID?
    /// From here on shards go to anyone: a moment after the first worker joined this leader.
    var settledAt: Instant?
    var rebalanceAt: Instant?
    var resumePacing: ResumePacing

    // Presences and commands.
    var presences: PresencePlan
    /// The highest that was ever handed to the store.
    var presenceRevision: PresenceRevision
    /// The first is being stored, the others wait for it: a store that does not know whether it wrote one is asked again before the next.
    var presencesToStore: [PresenceToStore] = []
    var router: CommandRouter
    var dialShares = DialShares()

    // Re-shard.
    var reshard: Reshard?
    /// The transaction of a new shard set of this size ended without an answer: the next attempt may find it written.
    var unknownShardSet: Int?

    /// When the last input was handled, and since when no worker is connected: both say whether silence may be our own.
    var lastHandled: Instant
    var aloneSince: Instant?

    var counters = ClusterCounters()
    var isEnded = false

    public init(_ configuration: ClusterConfiguration, restoring stored: StoredCluster, epoch: CoordinatorEpoch, at now: Instant) {
        self.configuration = configuration
        self.epoch = epoch
        self.permits = IdentifyPermits(restoring: stored.keys, epoch: epoch, timing: configuration.timing, at: now)
        self.budget = StartBudget(restoring: stored.budget, at: now)
        self.checkpointAt = now + configuration.timing.renewInterval
        self.resumePacing = ResumePacing(at: now)
        self.highestGeneration = stored.generations.map(\.generation.rawValue).max() ?? 0
        self.presences = PresencePlan(restoring: stored.presences)
        self.presenceRevision = self.presences.revision
        self.router = CommandRouter(epoch: epoch)
        self.deadline = now
        self.lastHandled = now
        self.restore(stored, at: now)
    }

    public mutating func handle(_ input: ClusterInput, at now: Instant) -> [ClusterEffect] {
        guard !self.isEnded else { return [] }
        var effects: [ClusterEffect] = []
        if now - self.lastHandled > Self.longestPause { self.trustEveryLease(at: now) }
        self.lastHandled = now
        switch input {
        case .message(let connection, let message): self.received(message, on: connection, at: now, &effects)
        case .closed(let connection): self.streamClosed(connection, at: now, &effects)
        case .gatewayInfo(let info): self.learned(info, at: now, &effects)
        case .gatewayInfoFailed(let failure): self.gatewayInfoFailed(failure, at: now, &effects)
        case .commitEnded(let id, let outcome): self.commitEnded(id, outcome, at: now, &effects)
        case .checkpointEnded(let outcome): self.checkpointEnded(outcome, at: now, &effects)
        case .request(let id, let request): self.requested(id, request, at: now, &effects)
        case .stopRequested: self.stopRequested(&effects)
        case .tick: break
        }
        if !self.isEnded { self.advance(to: now, &effects) }
        self.deadline = self.isEnded ? nil : self.computeDeadline(at: now)
        return effects
    }

    /// Ticks come each second: a longer pause means that this process, not its workers, was silent.
    static let longestPause = Duration.seconds(3)

    /// What time alone, or the input before it, makes possible.
    private mutating func advance(to now: Instant, _ effects: inout [ClusterEffect]) {
        self.budget.timePassed(to: now)
        self.expireLeases(at: now, &effects)
        self.identifyTimePassed(to: now, &effects)
        self.fetchGatewayInfoIfWanted(at: now, &effects)
        self.startShardSetIfNone(at: now, &effects)
        self.advanceReshard(at: now, &effects)
        // A checkpoint goes out before an assignment that would make its epoch stale.
        self.checkpointIfDue(at: now, &effects)
        self.place(at: now, &effects)
        self.rebalance(at: now, &effects)
        self.offerPermits(at: now, &effects)
        self.storePresence(at: now, &effects)
        self.routeCommands(at: now, &effects)
    }

    private func computeDeadline(at now: Instant) -> Instant {
        var deadline = now + .seconds(1)
        func consider(_ instant: Instant?) {
            if let instant, instant > now { deadline = min(deadline, instant) }
        }
        consider(self.permits.deadline)
        consider(self.router.deadline)
        consider(self.storeRetryAt)
        if !self.unowned.isEmpty { consider(self.settledAt) }
        consider(self.rebalanceAt)
        consider(self.reshard?.notBefore)
        if !self.dirty.isEmpty { consider(self.checkpointAt) }
        if !self.unowned.isEmpty { consider(self.resumePacing.nextToken(after: now)) }
        for worker in self.workers.values {
            consider(worker.lastHeard + self.timing.coordinatorLease)
            consider(worker.returningUntil)
        }
        if case .idle(let notBefore) = self.gatewayFetch { consider(notBefore) }
        return deadline
    }
}

/// One worker as the leader knows it.
struct WorkerState: Sendable {
    var stableID: StableID
    var incarnation: Incarnation
    var capacity: Int
    var connection: ConnectionID?
    /// When its last hello or renewal was received; at takeover, the takeover itself.
    var lastHeard: Instant
    /// Known dead: a goodbye, or its lease ran out. It owns nothing then.
    var isGone = false
    /// After a goodbye with `returning`: its shards wait for it until then.
    var returningUntil: Instant?
    var acceptedEvents: (count: Int, at: Instant)?
    var eventsPerSecond = 0.0
    /// The worker's own stamp of its newest hello or renewal; `nil` at takeover.
    var heardStamp: Instant?
    /// Incarnations that were replaced under this stable id, the last 8: dead, whatever still arrives from them, once this one proved to be alive.
    var former: [Incarnation] = []
    /// Incarnations that wanted this stable id while it was in use, the last 8: whoever takes its place next came after them.
    var turnedAway: [Incarnation] = []
    /// It said more than hello: it lives, and heard the welcome. A hello alone may come from a process that is long dead.
    var isConfirmed = false
    /// The stream of a process that said hello in its name, and nothing else yet.
    var challenger: ConnectionID?

    func hasHeardLater(than hello: WorkerHello) -> Bool {
        if self.isConfirmed, self.former.contains(hello.incarnation) { return true }
        return self.incarnation == hello.incarnation && (self.heardStamp.map { hello.stamp < $0 } ?? false)
    }

    /// One that is taken back was not dead: it is none of them any more.
    func former(after incarnation: Incarnation) -> [Incarnation] {
        guard incarnation != self.incarnation else { return self.former }
        return Array((self.former + [self.incarnation] + self.turnedAway).filter { $0 != incarnation }.suffix(8))
    }

    mutating func turnAway(_ incarnation: Incarnation) {
        self.turnedAway = Array((self.turnedAway.filter { $0 != incarnation } + [incarnation]).suffix(8))
    }
}

/// One shard of the active set.
struct ShardState: Sendable {
    var owner: Owner?
    /// The highest epoch handed to the store, committed or not.
    var epoch: AssignmentEpoch
    var step: Step
    var phase: ShardPhase?
    var session: GatewaySession?
    /// When this leader heard of a dispatch of it last.
    var lastEventAt: Instant?
    var problem: String?
    /// Whom it should go to: its former owner that returns, or the target of a planned move.
    var preferred: StableID?
    /// Not placed before this: its former owner said that it returns.
    var heldBackUntil: Instant?
    /// The presence that its owner reported last; once nobody owns it, what its session surely shows.
    var presence = PresenceRevision.none
    /// What its owner was told to show last, and when.
    var presenceTold: (revision: PresenceRevision, at: Instant)?

    struct Owner: Hashable, Sendable {
        var stableID: StableID
        var incarnation: Incarnation
    }

    enum Step: Hashable, Sendable {
        /// Next: `assigning`.
        case unowned
        /// Next: `held`, on the commit.
        case assigning
        /// Told (or taken over) at that time. Next: `revoking`, or `unowned` once the owner is known to be gone.
        case held(toldAt: Instant)
        /// Next: `unowned`, on `revoked`, a death certificate, or the lease.
        case revoking(since: Instant)
        /// A fatal close code: nothing re-identifies by itself.
        case failed
    }
}

enum PendingCommit: Sendable {
    case placement([(key: ShardKey, owner: ShardState.Owner)])
    case permit(PermitID)
    case shardSet(Generation, numShards: Int, retiring: Generation?, RequestID?)
    case floor(Int, until: Instant, RequestID)
    /// The first of `presencesToStore`.
    case presence
    /// History and other rows that nothing waits for.
    case record

    var isShardSet: Bool { if case .shardSet = self { true } else { false } }
}

enum GatewayFetch: Hashable, Sendable {
    case idle(notBefore: Instant?)
    /// Nothing waits for the answer of one that only looks at the recommended number of shards.
    case running(isLook: Bool)
}

/// 200 RESUMEs a second for one application: a herd is spread, never refused.
struct ResumePacing: Sendable {
    private static let perSecond = 200.0
    private var tokens = Self.perSecond
    private var filledAt: Instant

    init(at now: Instant) {
        self.filledAt = now
    }

    mutating func take(upTo wanted: Int, at now: Instant) -> Int {
        self.tokens = min(Self.perSecond, self.tokens + (now - self.filledAt).inSeconds * Self.perSecond)
        self.filledAt = now
        let taken = min(wanted, Int(self.tokens))
        self.tokens -= Double(taken)
        return taken
    }

    func nextToken(after now: Instant) -> Instant? {
        self.tokens >= 1 ? nil : now + .milliseconds(5)
    }
}
