public import GatewayModel

/// One row change of a control transaction. A transaction is a list of these, all or none, and proves the coordinator epoch.
public enum StoreWrite: Hashable, Sendable {
    /// Inserts a shard set and its shards (unowned, epoch 0), and makes it the active one; `retiring` becomes `retired` in the same transaction
    /// (its shards lose their owners and sessions).
    case activateGeneration(Generation, numShards: Int, retiring: Generation?)
    /// Sets owner and epoch. Refused (whole transaction) unless the stored epoch is lower than `lease.epoch`. The session row stays.
    case assign(ShardLease, owner: StableID, incarnation: Incarnation)
    /// Takes the owner away. Refused unless the stored epoch is at most `lease.epoch`; stores `lease.epoch`.
    case release(ShardLease)
    /// Upserts a worker.
    case saveWorker(StoredWorker)
    /// Inserts the permit, marks its key open with it, sets the budget's used count and window. Refused where the permit id exists.
    case openPermit(PermitRecord, used: Int, windowEndsIn: Duration?)
    /// Records the outcome; frees the key where this permit is the one that is open. Unknown permits are ignored.
    case closePermit(PermitID, IdentifyOutcome)
    /// Sets the operator's floor for a while; `nil` ends it.
    case openFloor(Int?, for: Duration?)
    /// Sets a presence: for all, which forgets those of single shards, or for some.
    case setPresence(PlannedPresence, PresenceScope)
    /// Forgets the presences of single shards: a new shard set begins.
    case forgetShardPresences
    /// Appends to the history that `muster why` reads. The store adds its own time.
    case transition(Transition)
}

/// The audit of one IDENTIFY.
public struct PermitRecord: Hashable, Sendable {
    public var id: PermitID
    /// Discord's `rate_limit_key`.
    public var rateLimitKey: Int
    public var lease: ShardLease
    public var worker: StableID

    public init(id: PermitID, rateLimitKey: Int, lease: ShardLease, worker: StableID) {
        self.id = id
        self.rateLimitKey = rateLimitKey
        self.lease = lease
        self.worker = worker
    }
}

/// One line of history: what happened, to which shard or worker, and why.
public struct Transition: Hashable, Codable, Sendable {
    public var kind: Kind
    public var lease: ShardLease?
    public var worker: StableID?
    public var detail: String

    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        case leaderStarted, workerJoined, workerLeft, workerLost, assigned, released, permitOpened, permitClosed, sessionLost, generationStarted,
            generationRetired, floorOpened, shardFailed, applicationStopped, presenceSet
    }

    public init(kind: Kind, lease: ShardLease? = nil, worker: StableID? = nil, detail: String = "") {
        self.kind = kind
        self.lease = lease
        self.worker = worker
        self.detail = detail
    }
}

/// One shard of a checkpoint batch. Written where the stored epoch of the shard equals `lease.epoch`; within one session the sequence never falls
/// (a lower one is ignored); another session id replaces the three session fields together; `session` `nil` forgets the stored one.
public struct CheckpointRow: Hashable, Sendable {
    public var lease: ShardLease
    public var session: GatewaySession?

    public init(lease: ShardLease, session: GatewaySession?) {
        self.lease = lease
        self.session = session
    }
}

/// How a transaction ended.
public enum CommitOutcome: Hashable, Sendable {
    case committed
    /// Nothing was written: another coordinator leads. Step down.
    case deposed
    /// Nothing was written: a guard other than leadership refused it (a stale assignment epoch, a permit id that exists).
    case refused(String)
    /// Nothing was written, surely: try again later.
    case failed(String)
    /// The connection was lost around COMMIT: it may or may not have been written.
    case unknown(String)
}
