import ClusterModel
import GRDB
import GatewayModel

/// What a coordinator and its operator read, from one snapshot.
struct SQLiteReads {
    let db: Database
    let application: ApplicationID

    func cluster() throws -> StoredCluster {
        var cluster = StoredCluster(application: self.application)
        cluster.generations = try self.rows("SELECT generation, num_shards, phase FROM generation WHERE application = ? ORDER BY generation").map { row in
            let phase: String = row["phase"]
            return StoredGeneration(
                generation: Generation(rawValue: row["generation"]), numShards: row["num_shards"], phase: try .reading(phase, in: "generation"))
        }
        cluster.activeGeneration = cluster.generations.first { $0.phase == .active }?.generation
        if let generation = cluster.activeGeneration { cluster.shards = try self.shards(of: generation) }
        cluster.workers = try self.rows("SELECT stable_id, incarnation, capacity FROM worker WHERE application = ? ORDER BY stable_id").map { row in
            StoredWorker(
                stableID: StableID(rawValue: row["stable_id"]), incarnation: Incarnation(rawValue: row["incarnation"]), capacity: row["capacity"])
        }
        cluster.keys = try self.rows("SELECT key, open_permit FROM rate_limit_key WHERE application = ? ORDER BY key").map { row in
            StoredRateLimitKey(key: row["key"], openPermit: (row["open_permit"] as String?).map(PermitID.init))
        }
        cluster.budget = try self.budget()
        cluster.presences = try self.rows("SELECT shard, revision, data FROM presence WHERE application = ? ORDER BY shard").map { row in
            try StoredPresence(shard: row["shard"], revision: row["revision"], data: row["data"])
        }
        return cluster
    }

    func history(limit: Int) throws -> [HistoryLine] {
        let sql = """
            SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, coordinator_epoch, kind, generation, shard, epoch, worker, detail
            FROM transition WHERE application = ? ORDER BY id DESC LIMIT \(limit.clamped(to: 1...1000))
            """
        return try self.rows(sql).map { row in
            let kind: String = row["kind"]
            var lease: ShardLease?
            if let generation: Int = row["generation"], let shard: Int = row["shard"], let epoch: Int64 = row["epoch"] {
                lease = ShardLease(
                    key: ShardKey(generation: Generation(rawValue: generation), shard: ShardID(shard)), epoch: AssignmentEpoch(rawValue: epoch))
            }
            return HistoryLine(
                id: row["id"], at: row["at"], coordinatorEpoch: CoordinatorEpoch(rawValue: row["coordinator_epoch"]),
                transition: Transition(
                    kind: try .reading(kind, in: "transition"), lease: lease, worker: (row["worker"] as String?).map(StableID.init), detail: row["detail"]))
        }
    }

    private func shards(of generation: Generation) throws -> [StoredShard] {
        let sql = """
            SELECT shard.shard, owner, incarnation, shard.epoch, session_id, resume_url, sequence
            FROM shard LEFT JOIN session USING (application, generation, shard)
            WHERE shard.application = ? AND shard.generation = \(generation.rawValue) ORDER BY shard.shard
            """
        return try self.rows(sql).map { row in
            var session: GatewaySession?
            if let id: String = row["session_id"] {
                session = GatewaySession(sessionID: id, resumeGatewayURL: row["resume_url"], sequence: row["sequence"])
            }
            return StoredShard(
                key: ShardKey(generation: generation, shard: ShardID(row["shard"] as Int)), owner: (row["owner"] as String?).map(StableID.init),
                incarnation: (row["incarnation"] as String?).map(Incarnation.init), epoch: AssignmentEpoch(rawValue: row["epoch"]), session: session)
        }
    }

    private func budget() throws -> StoredBudget {
        let sql = """
            SELECT used, window_ends - \(SQLiteStore.now) AS window_left, opened_floor, floor_ends - \(SQLiteStore.now) AS floor_left
            FROM application WHERE application = ?
            """
        guard let row = try self.rows(sql).first else { return StoredBudget() }
        return StoredBudget(
            used: row["used"], windowLeft: (row["window_left"] as Int64?).map(Duration.milliseconds), floor: row["opened_floor"],
            floorLeft: (row["floor_left"] as Int64?).map(Duration.milliseconds))
    }

    private func rows(_ sql: String) throws -> [Row] {
        try Row.fetchAll(self.db, sql: sql, arguments: [self.application.rawValue])
    }
}
