import GatewayModel

@testable import ClusterModel

/// A leader whose store answers at once (or as told) and whose workers are scripted: what tests of `ClusterMachine` share.
struct Scenario {
    var machine: ClusterMachine
    var now: Instant
    var storeAnswer = CommitOutcome.committed
    /// What was told, in order, since the last `takeTold()`.
    private(set) var told: [(ConnectionID, CoordinatorMessage)] = []
    private(set) var writes: [StoreWrite] = []
    private(set) var checkpoints: [[CheckpointRow]] = []
    private(set) var answers: [OperatorAnswer] = []
    private(set) var ended: StopReason?
    private(set) var disconnected: [ConnectionID] = []
    private(set) var fetches = 0
    /// What Discord answers in place of `info`.
    var fetchFailure: GatewayInfoFailure?
    private(set) var notes: [String] = []
    var info = GatewayInfo(url: "ws://gateway", shards: 4, total: 1000, remaining: 1000, resetAfterMilliseconds: 86_400_000, maxConcurrency: 16)

    init(
        shards: ClusterConfiguration.ShardCount = .fixed(4), isolation: Isolation = .hold, restoring stored: StoredCluster? = nil, epoch: Int64 = 1,
        at now: Instant = Instant(nanoseconds: 1_000_000_000_000), remaining: Int = 1000,
        identify: IdentifyOptions = IdentifyOptions()
    ) {
        self.info.remaining = remaining
        let application = ApplicationID(rawValue: "app")
        self.now = now
        self.machine = ClusterMachine(
            ClusterConfiguration(application: application, token: Secret("t"), intents: 513, shards: shards, isolation: isolation, identify: identify),
            restoring: stored ?? StoredCluster(application: application), epoch: CoordinatorEpoch(rawValue: epoch), at: now)
        self.input(.tick)
    }

    mutating func input(_ input: ClusterInput) {
        var queue = [input]
        while !queue.isEmpty {
            for effect in self.machine.handle(queue.removeFirst(), at: self.now) {
                switch effect {
                case .tell(let connection, let message): self.told.append((connection, message))
                case .disconnect(let connection, _): self.disconnected.append(connection)
                case .commit(let id, let writes):
                    if self.storeAnswer == .committed { self.writes += writes }
                    queue.append(.commitEnded(id, self.storeAnswer))
                case .checkpoint(let rows):
                    if self.storeAnswer == .committed { self.checkpoints.append(rows) }
                    queue.append(.checkpointEnded(self.storeAnswer))
                case .fetchGatewayInfo:
                    self.fetches += 1
                    queue.append(self.fetchFailure.map { .gatewayInfoFailed($0) } ?? .gatewayInfo(self.info))
                case .answer(_, let answer): self.answers.append(answer)
                case .note(let note): self.notes.append(note.message)
                case .stop(let reason): self.ended = reason
                }
            }
        }
    }

    /// Lets time pass in steps no longer than the machine's own deadlines.
    mutating func pass(_ duration: Duration) {
        let end = self.now + duration
        while self.now < end {
            self.now = min(end, max(self.machine.deadline ?? end, self.now + .milliseconds(1)))
            self.input(.tick)
        }
    }

    mutating func hello(
        _ id: String, incarnation: String, on connection: Int, capacity: Int = 100, held: [ShardReport] = [], version: Int = controlProtocolVersion,
        seen: Int64 = 0
    ) {
        self.input(
            .message(
                ConnectionID(rawValue: connection),
                .hello(
                    WorkerHello(
                        protocolVersion: version, stableID: StableID(rawValue: id), incarnation: Incarnation(rawValue: incarnation), capacity: capacity,
                        highestCoordinatorEpoch: CoordinatorEpoch(rawValue: seen), held: held, stamp: self.now))))
    }

    mutating func say(_ message: WorkerMessage, on connection: Int) {
        self.input(.message(ConnectionID(rawValue: connection), message))
    }

    mutating func renew(_ reports: [ShardReport], on connection: Int) {
        self.say(.renew(Renewal(stamp: self.now, shards: reports, acceptedEvents: 0)), on: connection)
    }

    mutating func takeTold() -> [(ConnectionID, CoordinatorMessage)] {
        defer { self.told = [] }
        return self.told
    }

    mutating func takeAssignments(on connection: Int) -> [Assignment] {
        self.takeTold().compactMap {
            if $0.0.rawValue == connection, case .assign(let assignment) = $0.1 { assignment } else { nil }
        }
    }
}

func lease(_ shard: Int, epoch: Int64 = 1, generation: Int = 1) -> ShardLease {
    ShardLease(key: ShardKey(generation: Generation(rawValue: generation), shard: ShardID(shard)), epoch: AssignmentEpoch(rawValue: epoch))
}

func session(_ id: String, _ sequence: Int64) -> GatewaySession {
    GatewaySession(sessionID: id, resumeGatewayURL: "ws://resume", sequence: sequence)
}

func live(_ shard: Int, epoch: Int64 = 1, sequence: Int64 = 10, generation: Int = 1) -> ShardReport {
    ShardReport(lease: lease(shard, epoch: epoch, generation: generation), phase: .live, session: session("s\(generation)-\(shard)", sequence))
}
