import ClusterModel
import GatewayModel
import SimulatedGateway

/// The harness's own account of what happened, by which every property is judged.
final class Account {
    /// One gateway session, from Discord's side and from every sink's.
    struct Session {
        var key: SessionKey
        var id: String
        /// Its shard, once a worker saw its READY.
        var shard: ShardKey?
        /// Every sequence up to here is with a sink, or lies in a declared gap.
        var accepted: Int64 = 0
        /// `after` of the gaps that sinks took for it.
        var gaps: [Int64] = []
        /// Event ids by sequence, from 1; -1 where a gap is.
        var events: [Int64] = []
        /// A row of the store named it.
        var wasStored = false
        /// Discord left a sequence of it out.
        var wasLeftOut = false
    }

    /// What the sinks have of one shard, all processes together.
    struct Stream {
        var epoch = AssignmentEpoch(rawValue: 0)
        /// The session of the last accepted dispatch.
        var session: Int?
    }

    private(set) var sessions: [Session] = []
    private var byKey: [SessionKey: Int] = [:]
    private var byID: [String: Int] = [:]
    var streams: [ShardKey: Stream] = [:]
    /// Shards whose gap named no session: whatever came before is covered.
    var coveredBefore: [ShardKey: SessionKey] = [:]
    var incarnations: [Incarnation: Int] = [:]
    var highestCoordinatorEpoch: CoordinatorEpoch?
    var startedEpochs: [ShardKey: AssignmentEpoch] = [:]
    private(set) var running: [ShardKey: [ShardRun]] = [:]
    /// Shards that more than one process runs at the moment: no owner while at most one of them may act.
    private(set) var contested: [ShardKey] = []
    var usedPermits: Set<PermitID> = []
    var lastArrival: [Int: Int64] = [:]
    var violationsSeen = 0
    /// IDENTIFYs of somebody else since the last read of `/gateway/bot`.
    var strangersSinceRead = 0
    var openedFloor: (value: Int, until: Int64)?
    var applicationStoppedAt: Int64?
    var breakerOpenedAt: Int64?
    /// Planned moves told.
    var moves = 0

    /// One command of an operator, by its request.
    struct Command {
        var run: Int
        var asked: Int64
        var limit: Int64
        var told = 0
        var written = 0
        var answer: OperatorAnswer?
    }
    var commands: [Int: Command] = [:]
    var tickets: Set<CommandTicket> = []
    /// The last one that a shard wrote.
    var lastCommand: [ShardKey: Int] = [:]
    var landedPresences: Set<PresenceRevision> = []
    /// Of presences for single shards: the set that they were meant for.
    var meantGenerations: [PresenceRevision: Generation] = [:]
    var presenceLandedAt: Int64 = 0
    /// Discord ignored one, because several arrived together.
    var presenceWasDropped = false

    // Since the healing began.
    var identifiesByKey: [Int: Int] = [:]
    var unknownsByKey: [Int: Int] = [:]
    var identifies = 0

    func session(_ key: SessionKey, gateway: GatewayMachine) -> Int {
        if let known = self.byKey[key] { return known }
        let id = gateway.sessionID(of: key)
        self.sessions.append(Session(key: key, id: id))
        self.byKey[key] = self.sessions.count - 1
        self.byID[id] = self.sessions.count - 1
        return self.sessions.count - 1
    }

    func session(named id: String) -> Int? { self.byID[id] }
    /// Every sequence up to it is with a sink, or lies in a declared gap.
    func accepted(ofSession id: String) -> Int64? { self.byID[id].map { self.sessions[$0].accepted } }
    func session(of key: SessionKey) -> Int? { self.byKey[key] }

    subscript(session index: Int) -> Session {
        get { self.sessions[index] }
        _modify { yield &self.sessions[index] }
    }

    func known(_ key: SessionKey, gateway: GatewayMachine, key shard: ShardKey) {
        let index = self.session(key, gateway: gateway)
        self.sessions[index].shard = shard
    }

    func started(_ run: ShardRun) {
        self.startedEpochs[run.lease.key] = max(self.startedEpochs[run.lease.key] ?? run.lease.epoch, run.lease.epoch)
        self.running[run.lease.key, default: []].append(run)
        self.ownershipChanged(run.lease.key)
    }

    func ownershipChanged(_ key: ShardKey) {
        self.running[key]?.removeAll { $0.isEnded }
        let isContested = (self.running[key]?.count ?? 0) > 1
        if isContested {
            if !self.contested.contains(key) { self.contested.append(key) }
        } else {
            self.contested.removeAll { $0 == key }
        }
    }
}
