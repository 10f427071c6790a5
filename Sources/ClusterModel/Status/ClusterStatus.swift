public import GatewayModel

/// A view of the whole cluster at one moment: what `muster status`, the live view and the admin API show. Published by the coordinator's loop.
public struct ClusterStatus: Hashable, Codable, Sendable {
    public var application: ApplicationID
    public var coordinatorEpoch: CoordinatorEpoch
    public var isolation: Isolation
    /// `nil` while all is well; else why the application stopped.
    public var stopped: String?
    public var store: StoreHealth
    public var gateway: GatewayHealth
    public var shardSet: ShardSetStatus?
    public var workers: [WorkerStatus]
    public var shards: [ShardStatus]
    public var identify: IdentifyStatus
    public var budget: BudgetStatus
    /// `nil`: none was ever set.
    public var presence: PresenceStatus?
    public var commands: CommandStatus
    public var counters: ClusterCounters

    public init(
        application: ApplicationID, coordinatorEpoch: CoordinatorEpoch, isolation: Isolation, stopped: String?, store: StoreHealth, gateway: GatewayHealth,
        shardSet: ShardSetStatus?, workers: [WorkerStatus], shards: [ShardStatus], identify: IdentifyStatus, budget: BudgetStatus, presence: PresenceStatus?,
        commands: CommandStatus, counters: ClusterCounters
    ) {
        self.application = application
        self.coordinatorEpoch = coordinatorEpoch
        self.isolation = isolation
        self.stopped = stopped
        self.store = store
        self.gateway = gateway
        self.shardSet = shardSet
        self.workers = workers
        self.shards = shards
        self.identify = identify
        self.budget = budget
        self.presence = presence
        self.commands = commands
        self.counters = counters
    }

    public struct StoreHealth: Hashable, Codable, Sendable {
        public var available: Bool
        /// The last failure; `nil` where the last write succeeded.
        public var problem: String?
        /// Control transactions handed over and not yet ended.
        public var openCommits: Int
        /// Shards whose newest session is not yet written.
        public var unwrittenSessions: Int
        public init(available: Bool, problem: String?, openCommits: Int, unwrittenSessions: Int) {
            self.available = available
            self.problem = problem
            self.openCommits = openCommits
            self.unwrittenSessions = unwrittenSessions
        }
    }

    public struct GatewayHealth: Hashable, Codable, Sendable {
        /// `nil` before the first answer of `GET /gateway/bot`.
        public var info: GatewayInfo?
        public var problem: String?
        public init(info: GatewayInfo?, problem: String?) {
            self.info = info
            self.problem = problem
        }
    }

    public struct ShardSetStatus: Hashable, Codable, Sendable {
        public var generation: Generation
        public var numShards: Int
        /// The intents' bits with which its shards IDENTIFY.
        public var intents: UInt64
        /// Shards that are live.
        public var live: Int
        /// What waits for an operator, such as 4011 with a fixed count; `nil` where nothing does.
        public var problem: String?
        public init(generation: Generation, numShards: Int, intents: UInt64, live: Int, problem: String?) {
            self.generation = generation
            self.numShards = numShards
            self.intents = intents
            self.live = live
            self.problem = problem
        }
    }

    public struct WorkerStatus: Hashable, Codable, Sendable {
        public var stableID: StableID
        public var incarnation: Incarnation
        public var connected: Bool
        public var capacity: Int
        public var shards: Int
        public var leaseSecondsLeft: Double
        /// Accepted by its sink, over the last renewal interval.
        public var eventsPerSecond: Double
        public init(
            stableID: StableID, incarnation: Incarnation, connected: Bool, capacity: Int, shards: Int, leaseSecondsLeft: Double, eventsPerSecond: Double
        ) {
            self.stableID = stableID
            self.incarnation = incarnation
            self.connected = connected
            self.capacity = capacity
            self.shards = shards
            self.leaseSecondsLeft = leaseSecondsLeft
            self.eventsPerSecond = eventsPerSecond
        }
    }

    public struct ShardStatus: Hashable, Codable, Sendable {
        public var shard: ShardID
        public var epoch: AssignmentEpoch
        public var owner: StableID?
        /// As the owner reported it last; `nil` while nobody owns it.
        public var phase: ShardPhase?
        /// What any host needs to RESUME it, as it was reported last.
        public var session: GatewaySession?
        public var problem: String?
        /// Since this coordinator heard of a dispatch of it last, a renewal late at the most; `nil`: it never did.
        public var secondsSinceEvent: Double?
        public init(
            shard: ShardID, epoch: AssignmentEpoch, owner: StableID?, phase: ShardPhase?, session: GatewaySession?, problem: String?,
            secondsSinceEvent: Double? = nil
        ) {
            self.shard = shard
            self.epoch = epoch
            self.owner = owner
            self.phase = phase
            self.session = session
            self.problem = problem
            self.secondsSinceEvent = secondsSinceEvent
        }
    }

    public struct IdentifyStatus: Hashable, Codable, Sendable {
        /// Shards waiting for a permit, in the order they get one.
        public var queue: [Waiter]
        /// Why nothing is granted at present; `nil` where only time is awaited.
        public var blocked: String?
        public init(queue: [Waiter], blocked: String?) {
            self.queue = queue
            self.blocked = blocked
        }

        public struct Waiter: Hashable, Codable, Sendable {
            public var shard: ShardID
            public var rateLimitKey: Int
            /// Estimated seconds to its permit, where nothing blocks.
            public var etaSeconds: Double
            public init(shard: ShardID, rateLimitKey: Int, etaSeconds: Double) {
                self.shard = shard
                self.rateLimitKey = rateLimitKey
                self.etaSeconds = etaSeconds
            }
        }
    }

    public struct BudgetStatus: Hashable, Codable, Sendable {
        public var total: Int?
        /// What may still be started, above the floor; `nil` before Discord was asked.
        public var available: Int?
        public var usedInWindow: Int
        public var floor: Int
        /// Whether an operator opened the floor, and for how many seconds still.
        public var floorOpenSeconds: Double?
        public init(total: Int?, available: Int?, usedInWindow: Int, floor: Int, floorOpenSeconds: Double?) {
            self.total = total
            self.available = available
            self.usedInWindow = usedInWindow
            self.floor = floor
            self.floorOpenSeconds = floorOpenSeconds
        }
    }

    /// How far the presence that was set last has come.
    public struct PresenceStatus: Hashable, Codable, Sendable {
        /// Of the newest one that is stored.
        public var revision: PresenceRevision
        /// Presences that wait to be stored.
        public var unstored: Int
        /// Live shards that show, as their workers report, what is set for them.
        public var showing: Int
        public init(revision: PresenceRevision, unstored: Int, showing: Int) {
            self.revision = revision
            self.unstored = unstored
            self.showing = showing
        }
    }

    public struct CommandStatus: Hashable, Codable, Sendable {
        /// Without an answer yet.
        public var open: Int
        public init(open: Int) {
            self.open = open
        }
    }
}

/// Since this coordinator started.
public struct ClusterCounters: Hashable, Codable, Sendable {
    public var permitsGranted = 0
    public var identified = 0
    public var resumed = 0
    public var sessionsLost = 0
    public var assignments = 0
    public var workersLost = 0
    public var staleMessages = 0
    /// Commands told to workers; one that is told again, to the next holder of its shard, counts again.
    public var commandsForwarded = 0
    public var commandsSent = 0
    /// Refused, not sent in time, or not surely sent.
    public var commandsFailed = 0

    public init() {}
}
