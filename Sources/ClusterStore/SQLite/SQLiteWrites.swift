import ClusterModel
import GRDB
import GatewayModel

/// The writes of one transaction that has proved its leadership. Each `perform` returns why it refuses, or `nil`.
struct SQLiteWrites {
    let db: Database
    let application: ApplicationID
    let epoch: CoordinatorEpoch

    func perform(_ write: StoreWrite) throws -> String? {
        switch write {
        case .activateGeneration(let generation, let numShards, let retiring):
            try self.activate(generation, numShards: numShards, retiring: retiring)
        case .assign(let lease, let owner, let incarnation):
            try self.assign(lease, owner: owner, incarnation: incarnation)
        case .release(let lease):
            try self.release(lease)
        case .saveWorker(let worker):
            try self.save(worker)
        case .openPermit(let permit, let used, let windowEndsIn):
            try self.open(permit, used: used, windowEndsIn: windowEndsIn)
        case .closePermit(let permit, let outcome):
            try self.close(permit, outcome)
        case .openFloor(let floor, let duration):
            try self.openFloor(floor, for: duration)
        case .setPresence(let planned, let scope):
            try self.set(planned, for: scope)
        case .forgetShardPresences:
            try self.forgetShardPresences()
        case .transition(let transition):
            try self.append(transition)
        }
    }

    func checkpoint(_ batch: CheckpointBatch) throws {
        let statement = try self.db.makeStatement(
            sql: """
                INSERT INTO session (application, generation, shard, epoch, session_id, resume_url, sequence)
                SELECT application, generation, shard, epoch, ?, ?, ? FROM shard
                WHERE application = ? AND generation = ? AND shard = ? AND epoch = ? AND state <> 'retired'
                ON CONFLICT (application, generation, shard) DO UPDATE
                SET epoch = excluded.epoch, session_id = excluded.session_id, resume_url = excluded.resume_url, sequence = excluded.sequence
                WHERE session.epoch <= excluded.epoch
                  AND (session.session_id IS NOT excluded.session_id OR session.sequence < excluded.sequence
                       OR (session.sequence = excluded.sequence AND session.resume_url <> excluded.resume_url))
                """)
        for row in batch.rows {
            try statement.execute(arguments: [
                row.session?.sessionID, row.session?.resumeGatewayURL, row.session?.sequence, self.application.rawValue, row.lease.key.generation.rawValue,
                row.lease.key.shard.rawValue, row.lease.epoch.rawValue,
            ])
        }
    }
}

extension SQLiteWrites {
    private func activate(_ generation: Generation, numShards: Int, retiring: Generation?) throws -> String? {
        if let retiring {
            let retired = try self.change(
                "UPDATE generation SET phase = 'retired' WHERE application = ? AND generation = ? AND phase = 'active'", [retiring.rawValue])
            guard retired == 1 else { return StoreRefusal.notActive(retiring) }
            try self.change("DELETE FROM session WHERE application = ? AND generation = ?", [retiring.rawValue])
            try self.change(
                "UPDATE shard SET owner = NULL, incarnation = NULL, state = 'retired' WHERE application = ? AND generation = ?", [retiring.rawValue])
        }
        let inserted = try self.change(
            "INSERT INTO generation (application, generation, num_shards, phase, started_at) VALUES (?, ?, ?, 'active', \(SQLiteStore.now)) ON CONFLICT DO NOTHING",
            [generation.rawValue, numShards])
        guard inserted == 1 else { return StoreRefusal.generationExists(generation) }
        let statement = try self.db.makeStatement(sql: "INSERT INTO shard (application, generation, shard) VALUES (?, ?, ?)")
        for shard in 0..<numShards {
            try statement.execute(arguments: [self.application.rawValue, generation.rawValue, shard])
        }
        return nil
    }

    private func assign(_ lease: ShardLease, owner: StableID, incarnation: Incarnation) throws -> String? {
        let changed = try self.change(
            """
            UPDATE shard SET owner = ?2, incarnation = ?3, epoch = ?4, state = 'owned'
            WHERE application = ?1 AND generation = ?5 AND shard = ?6 AND epoch < ?4 AND state <> 'retired'
            """,
            [owner.rawValue, incarnation.rawValue, lease.epoch.rawValue, lease.key.generation.rawValue, lease.key.shard.rawValue])
        return changed == 1 ? nil : StoreRefusal.staleAssignment(lease)
    }

    private func release(_ lease: ShardLease) throws -> String? {
        let changed = try self.change(
            """
            UPDATE shard SET owner = NULL, incarnation = NULL, epoch = ?2, state = CASE state WHEN 'owned' THEN 'unowned' ELSE state END
            WHERE application = ?1 AND generation = ?3 AND shard = ?4 AND epoch <= ?2
            """, [lease.epoch.rawValue, lease.key.generation.rawValue, lease.key.shard.rawValue])
        return changed == 1 ? nil : StoreRefusal.staleRelease(lease)
    }

    private func save(_ worker: StoredWorker) throws -> String? {
        try self.change(
            """
            INSERT INTO worker (application, stable_id, incarnation, capacity, joined_at) VALUES (?, ?, ?, ?, \(SQLiteStore.now))
            ON CONFLICT (application, stable_id) DO UPDATE
            SET incarnation = excluded.incarnation, capacity = excluded.capacity, joined_at = excluded.joined_at
            """, [worker.stableID.rawValue, worker.incarnation.rawValue, worker.capacity])
        return nil
    }

    private func open(_ permit: PermitRecord, used: Int, windowEndsIn: Duration?) throws -> String? {
        let inserted = try self.change(
            """
            INSERT INTO permit (application, permit, key, generation, shard, epoch, worker, coordinator_epoch, granted_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, \(SQLiteStore.now)) ON CONFLICT DO NOTHING
            """,
            [
                permit.id.rawValue, permit.rateLimitKey, permit.lease.key.generation.rawValue, permit.lease.key.shard.rawValue, permit.lease.epoch.rawValue,
                permit.worker.rawValue, self.epoch.rawValue,
            ])
        guard inserted == 1 else { return StoreRefusal.permitExists(permit.id) }
        try self.change(
            """
            INSERT INTO rate_limit_key (application, key, open_permit, changed_at) VALUES (?, ?, ?, \(SQLiteStore.now))
            ON CONFLICT (application, key) DO UPDATE SET open_permit = excluded.open_permit, changed_at = excluded.changed_at
            """, [permit.rateLimitKey, permit.id.rawValue])
        try self.change(
            "UPDATE application SET used = ?2, window_ends = \(SQLiteStore.now) + ?3 WHERE application = ?1", [used, windowEndsIn.map(Self.milliseconds)])
        return nil
    }

    private func close(_ permit: PermitID, _ outcome: IdentifyOutcome) throws -> String? {
        try self.change(
            """
            UPDATE permit SET outcome = ?2, resolved_at = \(SQLiteStore.now)
            WHERE application = ?1 AND permit = ?3 AND (outcome IS NULL OR outcome = 'unknown')
            """, [outcome.rawValue, permit.rawValue])
        // An unknown outcome proves nothing: the key stays open, so that a successor waits out the whole of it.
        guard outcome != .unknown else { return nil }
        try self.change(
            "UPDATE rate_limit_key SET open_permit = NULL, changed_at = \(SQLiteStore.now) WHERE application = ? AND open_permit = ?", [permit.rawValue])
        return nil
    }

    private func openFloor(_ floor: Int?, for duration: Duration?) throws -> String? {
        try self.change(
            "UPDATE application SET opened_floor = ?2, floor_ends = \(SQLiteStore.now) + ?3 WHERE application = ?1",
            [floor, floor == nil ? nil : duration.map(Self.milliseconds)])
        return nil
    }

    private func set(_ planned: PlannedPresence, for scope: PresenceScope) throws -> String? {
        if scope == .all { _ = try self.forgetShardPresences() }
        for shard in scope.storedShards {
            try self.change(
                """
                INSERT INTO presence (application, shard, revision, data) VALUES (?, ?, ?, ?)
                ON CONFLICT (application, shard) DO UPDATE SET revision = excluded.revision, data = excluded.data
                """, [shard, planned.revision.rawValue, planned.storedData])
        }
        return nil
    }

    private func forgetShardPresences() throws -> String? {
        try self.change("DELETE FROM presence WHERE application = ? AND shard >= 0", [])
        return nil
    }

    private func append(_ transition: Transition) throws -> String? {
        try self.change(
            """
            INSERT INTO transition (application, coordinator_epoch, kind, generation, shard, epoch, worker, detail, at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, \(SQLiteStore.now))
            """,
            [
                self.epoch.rawValue, transition.kind.rawValue, transition.lease?.key.generation.rawValue, transition.lease?.key.shard.rawValue,
                transition.lease?.epoch.rawValue, transition.worker?.rawValue, transition.detail,
            ])
        return nil
    }

    /// Executes a statement whose first argument is the application; returns how many rows it changed.
    @discardableResult private func change(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> Int {
        let statement = try self.db.cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments([self.application.rawValue] + arguments))
        return self.db.changesCount
    }

    /// Whole milliseconds, rounded up: a window that seems longer than it is does no harm.
    private static func milliseconds(_ duration: Duration) -> Int64 {
        (duration.inNanoseconds + 999_999) / 1_000_000
    }
}
