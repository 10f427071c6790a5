public import GatewayModel

/// What a coordinator reads when it starts to lead: all rows of one application.
public struct StoredCluster: Hashable, Sendable {
    public var application: ApplicationID
    /// `nil` before the first shard set exists.
    public var activeGeneration: Generation?
    public var generations: [StoredGeneration]
    /// Shards of the active generation, by key.
    public var shards: [StoredShard]
    public var workers: [StoredWorker]
    /// Keys that a permit row names, by key.
    public var keys: [StoredRateLimitKey]
    public var budget: StoredBudget
    /// The one for all first, then by shard.
    public var presences: [StoredPresence]

    public init(
        application: ApplicationID, activeGeneration: Generation? = nil, generations: [StoredGeneration] = [], shards: [StoredShard] = [],
        workers: [StoredWorker] = [], keys: [StoredRateLimitKey] = [], budget: StoredBudget = StoredBudget(), presences: [StoredPresence] = []
    ) {
        self.application = application
        self.activeGeneration = activeGeneration
        self.generations = generations
        self.shards = shards
        self.workers = workers
        self.keys = keys
        self.budget = budget
        self.presences = presences
    }
}

/// A presence that an operator set.
public struct StoredPresence: Hashable, Sendable {
    /// `nil`: for all.
    public var shard: ShardID?
    public var presence: Presence
    public var revision: PresenceRevision

    public init(shard: ShardID?, presence: Presence, revision: PresenceRevision) {
        self.shard = shard
        self.presence = presence
        self.revision = revision
    }
}

public struct StoredGeneration: Hashable, Sendable {
    public var generation: Generation
    public var numShards: Int
    public var phase: GenerationPhase

    public init(generation: Generation, numShards: Int, phase: GenerationPhase) {
        self.generation = generation
        self.numShards = numShards
        self.phase = phase
    }
}

public enum GenerationPhase: String, Hashable, Codable, Sendable, CaseIterable {
    case active, retired
}

public struct StoredShard: Hashable, Sendable {
    public var key: ShardKey
    /// `nil`: nobody's.
    public var owner: StableID?
    public var incarnation: Incarnation?
    /// `0` before the first assignment.
    public var epoch: AssignmentEpoch
    public var session: GatewaySession?

    public init(key: ShardKey, owner: StableID?, incarnation: Incarnation?, epoch: AssignmentEpoch, session: GatewaySession?) {
        self.key = key
        self.owner = owner
        self.incarnation = incarnation
        self.epoch = epoch
        self.session = session
    }
}

public struct StoredWorker: Hashable, Sendable {
    public var stableID: StableID
    public var incarnation: Incarnation
    public var capacity: Int

    public init(stableID: StableID, incarnation: Incarnation, capacity: Int) {
        self.stableID = stableID
        self.incarnation = incarnation
        self.capacity = capacity
    }
}

public struct StoredRateLimitKey: Hashable, Sendable {
    /// Discord's `rate_limit_key`.
    public var key: Int
    /// The permit that is open on it, `nil` where its outcome is known.
    public var openPermit: PermitID?

    public init(key: Int, openPermit: PermitID?) {
        self.key = key
        self.openPermit = openPermit
    }
}

/// The daily session start budget as this cluster counts it.
public struct StoredBudget: Hashable, Sendable {
    /// Permits committed in the present window.
    public var used: Int
    /// How long the window still lasts, by the store's clock; `nil` where none is known or it has ended.
    public var windowEndsIn: Duration?
    /// The floor that an operator opened, and how long that still holds.
    public var openedFloor: Int?
    public var floorOpenFor: Duration?

    public init(used: Int = 0, windowEndsIn: Duration? = nil, openedFloor: Int? = nil, floorOpenFor: Duration? = nil) {
        self.used = used
        self.windowEndsIn = windowEndsIn
        self.openedFloor = openedFloor
        self.floorOpenFor = floorOpenFor
    }
}
