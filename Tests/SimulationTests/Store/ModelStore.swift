import ClusterModel
import GatewayModel

/// The rows of one application with the meaning of every `StoreWrite`, as `ClusterStore` promises them. Time is true time.
struct ModelStore {
    struct ShardRow {
        var owner: StableID?
        var incarnation: Incarnation?
        var epoch = AssignmentEpoch(rawValue: 0)
        var session: GatewaySession?
    }

    struct Permit {
        var record: PermitRecord
        var committedAt: Int64
        var outcome: IdentifyOutcome?
    }

    private(set) var application: ApplicationID
    private(set) var epoch = CoordinatorEpoch(rawValue: 0)
    private(set) var active: Generation?
    private(set) var generations: [StoredGeneration] = []
    private(set) var shards: [ShardKey: ShardRow] = [:]
    private(set) var workers: [StableID: StoredWorker] = [:]
    private(set) var permits: [PermitID: Permit] = [:]
    private(set) var openPermits: [Int: PermitID?] = [:]
    private(set) var used = 0
    private(set) var windowEnds: Int64?
    private(set) var floor: (value: Int, until: Int64)?
    /// By shard; `nil`: for all.
    private(set) var presences: [ShardID?: PlannedPresence] = [:]
    /// A mutant: a replaced coordinator still writes.
    var ignoresCoordinatorEpoch = false
    /// A mutant: a restarted coordinator is not told of open permits, and every key looks as if it had never been used.
    var forgetsKeys = false

    init(application: ApplicationID) {
        self.application = application
    }

    mutating func campaign() -> CoordinatorEpoch {
        self.epoch = CoordinatorEpoch(rawValue: self.epoch.rawValue + 1)
        return self.epoch
    }

    func load(at time: Int64) -> StoredCluster {
        let keys = self.shards.keys.filter { $0.generation == self.active }.sorted()
        var budget = StoredBudget(used: self.used)
        if let ends = self.windowEnds {
            if ends > time { budget.windowEndsIn = .nanoseconds(ends - time) } else { budget.used = 0 }
        }
        if let floor = self.floor, floor.until > time {
            budget.openedFloor = floor.value
            budget.floorOpenFor = .nanoseconds(floor.until - time)
        }
        return StoredCluster(
            application: self.application, activeGeneration: self.active, generations: self.generations,
            shards: keys.map { key in
                guard let row = self.shards[key] else { preconditionFailure("no row for \(key)") }
                return StoredShard(key: key, owner: row.owner, incarnation: row.incarnation, epoch: row.epoch, session: row.session)
            },
            workers: self.workers.values.sorted { $0.stableID < $1.stableID },
            keys: self.forgetsKeys
                ? [] : self.openPermits.keys.sorted().map { StoredRateLimitKey(key: $0, openPermit: self.openPermits[$0] ?? nil) },
            budget: budget,
            presences: self.presences.map { StoredPresence(shard: $0.key, presence: $0.value.presence, revision: $0.value.revision) }
                .sorted { ($0.shard?.rawValue ?? -1) < ($1.shard?.rawValue ?? -1) })
    }

    /// One control transaction: all or none.
    mutating func commit(_ writes: [StoreWrite], epoch: CoordinatorEpoch, at time: Int64) -> CommitOutcome {
        guard epoch == self.epoch || self.ignoresCoordinatorEpoch else { return .deposed }
        var next = self
        for write in writes {
            if let refusal = next.apply(write, at: time) { return .refused(refusal) }
        }
        self = next
        return .committed
    }

    /// Rows of a stale epoch are skipped.
    mutating func checkpoint(_ rows: [CheckpointRow], epoch: CoordinatorEpoch) -> CommitOutcome {
        guard epoch == self.epoch || self.ignoresCoordinatorEpoch else { return .deposed }
        for row in rows {
            guard var stored = self.shards[row.lease.key] else { continue }
            guard stored.epoch == row.lease.epoch else { continue }
            if let old = stored.session, let new = row.session, old.sessionID == new.sessionID {
                stored.session?.sequence = max(old.sequence, new.sequence)
                stored.session?.resumeGatewayURL = new.resumeGatewayURL
            } else {
                stored.session = row.session
            }
            self.shards[row.lease.key] = stored
        }
        return .committed
    }

    private mutating func apply(_ write: StoreWrite, at time: Int64) -> String? {
        switch write {
        case .activateGeneration(let generation, let numShards, let retiring):
            if let retiring {
                for index in self.generations.indices where self.generations[index].generation == retiring {
                    self.generations[index].phase = .retired
                }
                for key in self.shards.keys where key.generation == retiring {
                    self.shards[key]?.owner = nil
                    self.shards[key]?.incarnation = nil
                    self.shards[key]?.session = nil
                }
            }
            guard !self.generations.contains(where: { $0.generation == generation }) else { return "generation \(generation) exists" }
            self.generations.append(StoredGeneration(generation: generation, numShards: numShards, phase: .active))
            for shard in 0..<numShards { self.shards[ShardKey(generation: generation, shard: ShardID(shard))] = ShardRow() }
            self.active = generation
        case .assign(let lease, let owner, let incarnation):
            guard let row = self.shards[lease.key] else { return "no shard \(lease.key)" }
            guard row.epoch < lease.epoch else { return "epoch \(row.epoch) is not below \(lease.epoch)" }
            self.shards[lease.key]?.owner = owner
            self.shards[lease.key]?.incarnation = incarnation
            self.shards[lease.key]?.epoch = lease.epoch
        case .release(let lease):
            guard let row = self.shards[lease.key] else { return "no shard \(lease.key)" }
            guard row.epoch <= lease.epoch else { return "epoch \(row.epoch) is above \(lease.epoch)" }
            self.shards[lease.key]?.owner = nil
            self.shards[lease.key]?.incarnation = nil
            self.shards[lease.key]?.epoch = lease.epoch
        case .saveWorker(let worker):
            self.workers[worker.stableID] = worker
        case .openPermit(let record, let used, let windowEndsIn):
            guard self.permits[record.id] == nil else { return "permit \(record.id) exists" }
            self.permits[record.id] = Permit(record: record, committedAt: time, outcome: nil)
            self.openPermits[record.rateLimitKey] = .some(record.id)
            self.used = used
            self.windowEnds = windowEndsIn.map { time + $0.inNanoseconds }
        case .closePermit(let id, let outcome):
            guard let permit = self.permits[id] else { return nil }
            self.permits[id]?.outcome = outcome
            if self.openPermits[permit.record.rateLimitKey] == .some(.some(id)) { self.openPermits[permit.record.rateLimitKey] = .some(nil) }
        case .openFloor(let floor, let duration):
            self.floor = floor.flatMap { value in duration.map { (value, time + $0.inNanoseconds) } }
        case .setPresence(let planned, let scope):
            switch scope {
            case .all: self.presences = [nil: planned]
            case .shards(let shards): for shard in shards { self.presences[shard] = planned }
            }
        case .forgetShardPresences:
            self.presences = self.presences.filter { $0.key == nil }
        case .transition:
            break
        }
        return nil
    }
}
