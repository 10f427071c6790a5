public import GatewayModel

/// What a worker tells the coordinator, on one ordered stream.
public enum WorkerMessage: Hashable, Sendable {
    /// First on every stream.
    case hello(WorkerHello)
    /// Each second. Renews the lease from `stamp`, reports every held shard.
    case renew(Renewal)
    /// One shard changed (phase or session); not the mere advance of a sequence.
    case shard(ShardReport)
    /// Uses an offered permit: HELLO is here. `stamp` is the worker's own clock now.
    case take(PermitID, stamp: Instant)
    /// Gives an offered permit back unused.
    case decline(PermitID, reason: String)
    /// How an IDENTIFY under a permit ended.
    case outcome(PermitID, IdentifyOutcome)
    /// The shard is closed and flushed. `report.session` is final.
    case revoked(ShardReport)
    /// Answers a `revoke` or `assign` of a lease that this worker no longer runs and never will again; nothing is said about its session.
    case notHeld(ShardLease)
    /// What became of a command. Said once, and again with each hello until an ack shows that it was heard.
    case commandEnded(CommandTicket, ForwardOutcome)
    /// A fatal close code ended the shard.
    case failed(ShardLease, code: UInt16)
    /// The process ends: everything is closed; final sessions. `returning`: its supervisor brings it back at once, wait 3 s for it.
    case goodbye([ShardReport], returning: Bool)
}

public struct WorkerHello: Hashable, Sendable {
    /// Peers of another version are refused. See `controlProtocolVersion`.
    public var protocolVersion: Int
    public var stableID: StableID
    public var incarnation: Incarnation
    /// Shards it can hold, in `1...100_000`.
    public var capacity: Int
    /// The highest coordinator epoch it has seen; `0` if none.
    public var highestCoordinatorEpoch: CoordinatorEpoch
    /// What it holds now (same incarnation, new stream); empty for a new incarnation.
    public var held: [ShardReport]
    /// Every command that it was told and whose end the coordinator may not have heard.
    public var commands: [CommandReport]
    /// The worker's own clock at sending; comes back in `welcome`, from where its lease counts.
    public var stamp: Instant

    public init(
        protocolVersion: Int, stableID: StableID, incarnation: Incarnation, capacity: Int, highestCoordinatorEpoch: CoordinatorEpoch, held: [ShardReport],
        commands: [CommandReport] = [], stamp: Instant
    ) {
        self.protocolVersion = protocolVersion
        self.stableID = stableID
        self.incarnation = incarnation
        self.capacity = capacity
        self.highestCoordinatorEpoch = highestCoordinatorEpoch
        self.held = held
        self.commands = commands
        self.stamp = stamp
    }
}

/// The version of `muster.proto` that both sides must share.
public let controlProtocolVersion = 2

public struct Renewal: Hashable, Sendable {
    public var stamp: Instant
    public var shards: [ShardReport]
    /// Dispatches accepted by the sink since the worker's process started.
    public var acceptedEvents: Int

    public init(stamp: Instant, shards: [ShardReport], acceptedEvents: Int) {
        self.stamp = stamp
        self.shards = shards
        self.acceptedEvents = acceptedEvents
    }
}

public struct ShardReport: Hashable, Codable, Sendable {
    public var lease: ShardLease
    public var phase: ShardPhase
    /// With the *accepted* sequence. `nil`: there is no session (any more).
    public var session: GatewaySession?
    /// What it shows for certain under this lease, or begins its next session with; `none`: nothing that was set, or that is not certain.
    public var presence: PresenceRevision

    public init(lease: ShardLease, phase: ShardPhase, session: GatewaySession?, presence: PresenceRevision = .none) {
        self.lease = lease
        self.phase = phase
        self.session = session
        self.presence = presence
    }
}
