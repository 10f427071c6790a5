import ClusterModel
import GatewayModel

/// One life of a worker: the real machine, and the shell around it.
final class WorkerProcess {
    let id: Int
    let host: Int
    let clock: NodeClock
    var machine: WorkerMachine
    var random: Draw
    var isAlive = true
    var isFrozen = false
    /// Came due while it was frozen.
    var backlog: [Event] = []
    /// The open control stream.
    var link: Int?
    var dialAttempt = 0
    /// Running shards, in the order of their start.
    var runs: [ShardRun] = []
    var tickAt = Int64.max
    var watchdogAt = Int64.max
    var sinkQueue: [SinkItem] = []
    var sinkIsScheduled = false
    var acceptedEvents = 0
    var publishedAuthority: DialAuthority
    /// The harness's own account: the newest stamp that an ack or welcome brought back, and the highest coordinator epoch delivered.
    var ackedStamp: Instant?
    var highestEpoch = CoordinatorEpoch(rawValue: 0)
    /// Stamps of takes, by permit.
    var takes: [PermitID: Instant] = [:]
    var incarnation: Incarnation
    var sameMomentTicks = 0
    var lastTick: Int64 = 0

    init(id: Int, host: Int, clock: NodeClock, machine: WorkerMachine, random: Draw) {
        self.id = id
        self.host = host
        self.clock = clock
        self.machine = machine
        self.random = random
        self.publishedAuthority = machine.authority
        self.incarnation = machine.incarnation
    }

    func run(of lease: ShardLease) -> ShardRun? {
        self.runs.first { $0.lease == lease }
    }
}

/// One shard under one lease in one process.
final class ShardRun {
    let id: Int
    let process: Int
    let lease: ShardLease
    let assignment: Assignment
    var session: SessionMachine
    /// Its gateway connection, open at this end.
    var connection: Int?
    var tickAt = Int64.max
    var lastSignal: Int64 = 0
    /// Handed to the sink and not yet accepted.
    var queued = 0
    var isStopping: StopMode?
    var isFlushing = false
    var isEnded = false
    /// Gap lines that the sink has not taken yet, and what waits for them.
    var unsettledGaps = 0
    var heldSignals: [ShardSignal] = []
    /// The session as told so far.
    var told: GatewaySession?
    /// How the run ended, while its lane still waits for the sink.
    var end: ShardEnd?
    /// What it still had for the sink is not taken any more.
    var isDiscarded = false
    var readingPaused = false
    var accepted: AcceptedPosition?
    /// The last sequence handed to the sink, and in which session: within one epoch nothing repeats.
    var delivered: AcceptedPosition?
    /// The permit of the IDENTIFY that is under way.
    var identifyingWith: PermitID?
    var granted: [PermitID: Instant] = [:]
    var sameMomentTicks = 0
    var lastTick: Int64 = 0
    /// Its commands and presences, and who waits for them.
    var commands: CommandQueue
    var waiters: [CommandID: Waiter] = [:]
    var nextCommand: UInt64 = 0
    var liveSince: Int64 = 0
    /// The last phase that it reported.
    var toldPhase = ShardPhase.waiting

    enum Waiter {
        case command(CommandTicket)
        case presence(PresenceRevision)
    }

    /// When something is due, of either machine.
    var deadline: Instant? {
        guard let session = self.session.deadline else { return self.commands.deadline }
        return self.commands.deadline.map { min($0, session) } ?? session
    }

    init(id: Int, process: Int, assignment: Assignment, session: SessionMachine) {
        self.id = id
        self.process = process
        self.lease = assignment.lease
        self.assignment = assignment
        self.session = session
        self.told = assignment.session
        self.commands = CommandQueue(presence: assignment.presence?.presence)
    }
}

/// What waits for a sink, in order.
struct SinkItem {
    enum Content {
        /// `session` is the place of its record.
        case dispatch(session: Int, sequence: Int64, event: Int64)
        case control(ShardEvent)
    }
    var run: Int
    var content: Content
}
