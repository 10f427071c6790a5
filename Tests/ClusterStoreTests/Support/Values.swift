import ClusterModel
import ClusterStore
import GatewayModel
import Testing

let bot = ApplicationID(rawValue: "bot")

func key(_ shard: Int, generation: Int = 1) -> ShardKey {
    ShardKey(generation: Generation(rawValue: generation), shard: ShardID(shard))
}

func lease(_ shard: Int, _ epoch: Int64, generation: Int = 1) -> ShardLease {
    ShardLease(key: key(shard, generation: generation), epoch: AssignmentEpoch(rawValue: epoch))
}

func session(_ id: String, _ sequence: Int64, url: String = "wss://gateway.test") -> GatewaySession {
    GatewaySession(sessionID: id, resumeGatewayURL: url, sequence: sequence)
}

func row(_ shard: Int, _ epoch: Int64, _ session: GatewaySession?, generation: Int = 1) -> CheckpointRow {
    CheckpointRow(lease: lease(shard, epoch, generation: generation), session: session)
}

func assign(_ shard: Int, _ epoch: Int64, to owner: String = "w1") -> StoreWrite {
    .assign(lease(shard, epoch), owner: StableID(rawValue: owner), incarnation: Incarnation(rawValue: "\(owner)-1"))
}

func permit(_ id: String, key: Int = 0, shard: Int = 0) -> PermitRecord {
    PermitRecord(id: PermitID(rawValue: id), rateLimitKey: key, lease: lease(shard, 1), worker: StableID(rawValue: "w1"))
}

extension CommitOutcome {
    var isRefused: Bool { if case .refused = self { true } else { false } }
    var isFailed: Bool { if case .failed = self { true } else { false } }
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
}

extension ClusterStore {
    /// Wins leadership, over whoever holds it.
    func lead(_ application: ApplicationID = bot, as holder: String = "c1") async throws -> CoordinatorEpoch {
        switch try await self.campaign(for: application, holder: holder, overriding: nil) {
        case .won(let epoch): return epoch
        case .held(let beat):
            guard case .won(let epoch) = try await self.campaign(for: application, holder: holder, overriding: beat) else {
                throw NotLeading()
            }
            return epoch
        }
    }

    /// Commits what must succeed.
    func write(_ writes: [StoreWrite], _ epoch: CoordinatorEpoch, location: SourceLocation = #_sourceLocation) async throws {
        let outcome = await self.commit(writes, epoch: epoch, application: bot)
        try #require(outcome == .committed, sourceLocation: location)
    }

    func save(_ rows: [CheckpointRow], _ epoch: CoordinatorEpoch, location: SourceLocation = #_sourceLocation) async throws {
        let outcome = await self.checkpoint(rows, epoch: epoch, application: bot)
        try #require(outcome == .committed, sourceLocation: location)
    }

    func shard(_ index: Int) async throws -> StoredShard {
        try #require(try await self.load(bot).shards.first { $0.key.shard == ShardID(index) })
    }
}

struct NotLeading: Error {}
