import ClusterModel
import GatewayModel

/// What a coordinator and its operator read.
enum PostgresReads {
    /// One snapshot, in the order in which `cluster(_:from:)` wants the results.
    static func cluster(_ application: ApplicationID) -> [PostgresStatement] {
        let active = "(SELECT generation FROM generation WHERE application = $1 AND phase = 'active')"
        return [
            "SELECT generation, num_shards, phase FROM generation WHERE application = $1 ORDER BY generation",
            "SELECT generation, shard, owner, incarnation, epoch FROM shard WHERE application = $1 AND generation = \(active) ORDER BY shard",
            // Joined here: without statistics, right after a first start, the planner's join may take quadratic time.
            "SELECT shard, session_id, resume_url, sequence FROM session WHERE application = $1 AND generation = \(active) AND session_id IS NOT NULL",
            "SELECT stable_id, incarnation, capacity FROM worker WHERE application = $1 ORDER BY stable_id COLLATE \"C\"",
            "SELECT key, open_permit FROM rate_limit_key WHERE application = $1 ORDER BY key",
            """
            SELECT used, (extract(epoch FROM window_ends - clock_timestamp()) * 1000000)::bigint, opened_floor,
                (extract(epoch FROM floor_ends - clock_timestamp()) * 1000000)::bigint
            FROM application WHERE application = $1
            """,
            "SELECT shard, revision, data FROM presence WHERE application = $1 ORDER BY shard",
        ].map { PostgresStatement($0, [application.rawValue]) }
    }

    static func cluster(_ application: ApplicationID, from results: [PostgresResult]) throws -> StoredCluster {
        var cluster = StoredCluster(application: application)
        cluster.generations = try results[0].rows.map { row in
            StoredGeneration(
                generation: Generation(rawValue: try row.integer(0)), numShards: try row.integer(1), phase: try .reading(row.text(2), in: "generation"))
        }
        cluster.activeGeneration = cluster.generations.first { $0.phase == .active }?.generation
        var sessions: [Int: GatewaySession] = [:]
        for row in results[2].rows {
            sessions[try row.integer(0)] = GatewaySession(sessionID: try row.text(1), resumeGatewayURL: try row.text(2), sequence: try row.integer(3))
        }
        cluster.shards = try results[1].rows.map { row in
            let shard: Int = try row.integer(1)
            return StoredShard(
                key: ShardKey(generation: Generation(rawValue: try row.integer(0)), shard: ShardID(shard)), owner: row[2].map(StableID.init),
                incarnation: row[3].map(Incarnation.init), epoch: AssignmentEpoch(rawValue: try row.integer(4)), session: sessions[shard])
        }
        cluster.workers = try results[3].rows.map { row in
            StoredWorker(stableID: StableID(rawValue: try row.text(0)), incarnation: Incarnation(rawValue: try row.text(1)), capacity: try row.integer(2))
        }
        cluster.keys = try results[4].rows.map { row in StoredRateLimitKey(key: try row.integer(0), openPermit: row[1].map(PermitID.init)) }
        if let row = results[5].rows.first {
            cluster.budget = StoredBudget(
                used: try row.integer(0), windowLeft: try row.optionalInteger(1).map { Duration.microseconds($0 as Int64) }, floor: try row.optionalInteger(2),
                floorLeft: try row.optionalInteger(3).map { Duration.microseconds($0 as Int64) })
        }
        cluster.presences = try results[6].rows.map { row in
            try StoredPresence(shard: try row.integer(0), revision: try row.integer(1), data: try row.text(2))
        }
        return cluster
    }

    static func history(_ application: ApplicationID, limit: Int) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), coordinator_epoch, kind, generation, shard, epoch, worker, detail
            FROM transition WHERE application = $1 ORDER BY id DESC LIMIT $2::int
            """, [application.rawValue, "\(limit.clamped(to: 1...1000))"])
    }

    static func history(from result: PostgresResult) throws -> [HistoryLine] {
        try result.rows.map { row in
            var lease: ShardLease?
            if let generation: Int = try row.optionalInteger(4), let shard: Int = try row.optionalInteger(5), let epoch: Int64 = try row.optionalInteger(6) {
                lease = ShardLease(
                    key: ShardKey(generation: Generation(rawValue: generation), shard: ShardID(shard)), epoch: AssignmentEpoch(rawValue: epoch))
            }
            return HistoryLine(
                id: try row.integer(0), at: try row.text(1), coordinatorEpoch: CoordinatorEpoch(rawValue: try row.integer(2)),
                transition: Transition(
                    kind: try .reading(row.text(3), in: "transition"), lease: lease, worker: row[7].map(StableID.init), detail: try row.text(8)))
        }
    }
}

extension [String?] {
    /// A column that is never null.
    func text(_ column: Int) throws -> String {
        guard let text = self[column] else { throw UnreadableRow(reason: "column \(column + 1) is null") }
        return text
    }

    func integer<Value: FixedWidthInteger>(_ column: Int) throws -> Value {
        guard let value = Value(try self.text(column)) else { throw UnreadableRow(reason: "column \(column + 1) holds no number of this range") }
        return value
    }

    func optionalInteger<Value: FixedWidthInteger>(_ column: Int) throws -> Value? {
        self[column] == nil ? nil : try self.integer(column)
    }
}
