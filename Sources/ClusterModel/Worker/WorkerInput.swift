public import GatewayModel

/// Everything that can happen to a worker process, besides its events.
public enum WorkerInput: Hashable, Sendable {
    /// The control stream is open.
    case connected
    case disconnected(reason: String)
    case received(CoordinatorEnvelope)
    /// A shard changed: from its own loop, in order per shard.
    case shard(ShardLease, ShardSignal)
    /// Answers `.command`.
    case commandEnded(CommandTicket, ForwardOutcome)
    /// Answers `.show`. `isShown`: it was written, or went out with an IDENTIFY.
    case presenceEnded(ShardLease, PresenceRevision, isShown: Bool)
    /// SIGTERM. `returning`: the supervisor restarts this process at once.
    case stopRequested(returning: Bool)
    /// The deadline passed; with what the sinks accepted meanwhile.
    case tick(WorkerProgress)
}

/// How far the sink is, read by the shell at the moment of a tick.
public struct WorkerProgress: Hashable, Sendable {
    /// How far each running shard's sink is, and in which session.
    public var accepted: [ShardLease: AcceptedPosition]
    /// Dispatches accepted since the process started.
    public var acceptedEvents: Int

    public init(accepted: [ShardLease: AcceptedPosition] = [:], acceptedEvents: Int = 0) {
        self.accepted = accepted
        self.acceptedEvents = acceptedEvents
    }
}

/// The last accepted dispatch of a shard. Names its session, so that it is never counted for another one.
public struct AcceptedPosition: Hashable, Sendable {
    public var sessionID: String
    public var sequence: Int64

    public init(sessionID: String, sequence: Int64) {
        self.sessionID = sessionID
        self.sequence = sequence
    }
}

public enum ShardSignal: Hashable, Sendable {
    case phase(ShardPhase)
    /// The session began, or was lost (`nil`).
    case session(GatewaySession?)
    /// RESUMED came.
    case resumed
    case readyToIdentify(PermitID)
    case identified(PermitID, IdentifyOutcome, GatewaySession?)
    /// The run ended; last signal of this lease.
    case ended(ShardEnd)
}

/// What the worker's shell is to do, in this order.
public enum WorkerEffect: Hashable, Sendable {
    /// Open the control stream (after the machine's own backoff); answers with `connected` or `disconnected`.
    case connect
    case disconnect
    case send(WorkerMessage)
    /// Start a shard's loop. Its authority follows `WorkerMachine.authority`.
    case start(Assignment)
    case stop(ShardLease, StopMode)
    case offer(ShardLease, PermitID)
    /// The shard may IDENTIFY strictly before this instant.
    case grant(ShardLease, PermitID, validUntil: Instant)
    /// Give it to the shard, which keeps it for its sessions to come and sends it as soon as it may. In order with `start` and other `show`s.
    case show(ShardLease, PlannedPresence)
    /// Give it to the shard, in order with other commands.
    case command(CommandTicket, ShardLease, GatewayCommand, within: Duration)
    case note(ClusterNote)
    case exit(WorkerExit)
}

public enum WorkerExit: Hashable, Sendable {
    /// Stopped as asked: everything closed, goodbye sent.
    case stopped
    /// The coordinator refused this worker.
    case refused(String)
}
