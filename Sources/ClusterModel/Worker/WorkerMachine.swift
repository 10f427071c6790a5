public import GatewayModel

/// A worker's decisions: its lease, what it may run, what it reports, when it must let go.
///
/// The lease counts from the moment a renewal was *sent*, never from its ack. A lease that ran out under `fence` ends every shard, and the worker
/// comes back as a new incarnation that holds nothing; under `hold` the shards run on and only dialing stops.
///
/// Files beside this one: `+Stream` (what the coordinator tells), `+Shards`, `+Commands` (commands and presences), `+Time`.
public struct WorkerMachine: Sendable {
    /// When `handle(.tick)` is wanted next.
    public var deadline: Instant? { self.nextDeadline }
    /// What every shard of this process may do, as of now; the shell passes it to its shards after each `handle`.
    public var authority: DialAuthority {
        DialAuthority(dialUntil: self.dialUntil, emitUntil: self.isolation == .fence ? self.leaseBase + self.timing.workerLease : nil)
    }
    public internal(set) var incarnation: Incarnation
    /// When the watchdog thread must end the process with `_exit`, unless a later value replaces it; `nil` under `hold` or while nothing is held.
    public var watchdog: Instant? {
        guard self.isolation == .fence, !(self.held.isEmpty && self.fencing.isEmpty) else { return nil }
        return self.leaseBase + self.timing.workerLease
    }
    public var isJoined: Bool { self.link == .joined }
    /// How many lost gateway connections all shards of this process may replace in a second. The last word of a coordinator holds while there is none.
    public internal(set) var dialsPerSecond = 1

    let configuration: WorkerConfiguration
    var link: Link
    var isolation = Isolation.hold
    /// The send time of the newest renewal (or hello) that was answered: the lease counts from here.
    var leaseBase: Instant
    /// Answers to stamps older than this belong to an earlier incarnation.
    var incarnationSince: Instant
    var highestEpoch = CoordinatorEpoch(rawValue: 0)
    var held: [ShardKey: Held] = [:]
    var heldKeys: [ShardKey] = []
    /// Leases cut by a fence whose loops have not ended yet. No hello before it is empty.
    var fencing: Set<ShardLease> = []
    /// The highest epoch of each shard that ran here and ended: never started again.
    var ended: [ShardKey: AssignmentEpoch] = [:]
    /// Said while no stream was open: final reports and outcomes. Bounded by the shards that this worker held.
    var unsent: [WorkerMessage] = []
    /// Told and not yet answered for certain, in the order in which they were told.
    var commands: [ToldCommand] = []
    var stopping: Stopping?
    var nextRenewal: Instant
    var acceptedEvents = 0
    var reconnects = 0
    var nextDeadline: Instant?

    var timing: Timing { self.configuration.timing }
    var dialUntil: Instant { self.leaseBase + (self.isolation == .fence ? self.timing.workerFence : self.timing.workerLease) }

    enum Link: Hashable {
        /// Next: `connecting`, at that instant.
        case idle(until: Instant)
        /// Next: `greeting`, on `connected`.
        case connecting
        /// Hello sent with this stamp. Next: `joined`, on its welcome.
        case greeting(stamp: Instant)
        case joined
        /// Refused or exited.
        case ended
    }

    struct Held {
        var assignment: Assignment
        var phase = ShardPhase.waiting
        var session: GatewaySession?
        var stop: StopMode?
        /// The close code that ended it for good.
        var fatalCode: UInt16?
        /// A permit this worker asked to use, and its own stamp of that moment.
        var taken: (permit: PermitID, stamp: Instant)?
        /// A newer assignment of the same shard, started once this one ended.
        var next: Assignment?
        var presence: HeldPresence

        var lease: ShardLease { self.assignment.lease }
        var report: ShardReport {
            ShardReport(lease: self.lease, phase: self.stop == nil ? self.phase : .stopping, session: self.session, presence: self.presence.shown)
        }
    }

    struct Stopping {
        var returning: Bool
        var finals: [ShardReport]
    }

    public init(_ configuration: WorkerConfiguration, at now: Instant, using random: inout some RandomNumberGenerator) {
        self.configuration = configuration
        self.link = .idle(until: now)
        self.leaseBase = now - configuration.timing.workerLease
        self.incarnationSince = now
        self.nextRenewal = now
        self.incarnation = Self.newIncarnation(using: &random)
        self.nextDeadline = now
    }

    public mutating func handle(_ input: WorkerInput, at now: Instant, using random: inout some RandomNumberGenerator) -> [WorkerEffect] {
        var effects: [WorkerEffect] = []
        switch input {
        case .connected: self.connected(at: now, &effects)
        case .disconnected(let reason): self.disconnected(reason: reason, at: now, using: &random, &effects)
        case .received(let envelope): self.received(envelope, at: now, &effects)
        case .shard(let lease, let signal): self.shard(lease, signalled: signal, at: now, &effects)
        case .commandEnded(let ticket, let outcome): self.commandEnded(ticket, outcome, at: now, &effects)
        case .presenceEnded(let lease, let revision, let isShown): self.presenceEnded(lease, revision, isShown: isShown, at: now, &effects)
        case .stopRequested(let returning): self.stop(returning: returning, &effects)
        case .tick(let progress): self.record(progress)
        }
        self.fenceIfOverdue(at: now, using: &random, &effects)
        self.advance(at: now, using: &random, &effects)
        self.nextDeadline = self.computeDeadline(at: now)
        return effects
    }
}
