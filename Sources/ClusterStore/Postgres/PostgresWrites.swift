import ClusterModel
import GatewayModel

/// The statements of one guarded transaction.
struct PostgresWrites {
    let application: ApplicationID
    let epoch: CoordinatorEpoch

    /// Proves that `epoch` leads, and keeps it so until the transaction ends: a successor's campaign waits for the row lock.
    var leadership: PostgresStatement {
        PostgresStatement(
            "SELECT 1 FROM leader WHERE application = $1 AND epoch = $2::bigint AND holder IS NOT NULL FOR SHARE",
            [self.application.rawValue, "\(self.epoch)"], whenFewer: .deposed)
    }

    /// All writes in their order, but runs of assignments and the whole history as one statement each: a transaction of thousands of writes must
    /// end within its timeout.
    func statements(for writes: [StoreWrite]) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        var assignments = AssignmentRun()
        var transitions: [Transition] = []
        for write in writes {
            if case .assign(let lease, let owner, let incarnation) = write, assignments.append(lease, owner, incarnation) { continue }
            // History is appended at the end: nothing in a transaction reads it.
            if case .transition(let transition) = write {
                transitions.append(transition)
                continue
            }
            statements += self.assign(assignments)
            assignments = AssignmentRun()
            switch write {
            case .activateGeneration(let generation, let numShards, let retiring):
                statements += self.retire(retiring) + self.activate(generation, numShards: numShards)
            case .assign(let lease, let owner, let incarnation):
                _ = assignments.append(lease, owner, incarnation)
            case .release(let lease):
                statements.append(self.release(lease))
            case .saveWorker(let worker):
                statements.append(self.save(worker))
            case .openPermit(let permit, let used, let windowEndsIn):
                statements += self.open(permit, used: used, windowEndsIn: windowEndsIn)
            case .closePermit(let permit, let outcome):
                statements += self.close(permit, outcome)
            case .openFloor(let floor, let duration):
                statements.append(self.openFloor(floor, for: duration))
            case .setPresence(let planned, let scope):
                statements += self.set(planned, for: scope)
            case .forgetShardPresences:
                statements.append(self.forgetShardPresences)
            case .transition:
                continue
            }
        }
        return statements + self.assign(assignments) + self.append(transitions)
    }

    func checkpoint(_ batch: CheckpointBatch) -> PostgresStatement {
        let rows = batch.rows
        return self.statement(
            """
            INSERT INTO session (application, generation, shard, epoch, session_id, resume_url, sequence)
            SELECT shard.application, shard.generation, shard.shard, shard.epoch, v.session_id, v.resume_url, v.sequence
            FROM unnest($2::int[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
                WITH ORDINALITY AS v (generation, shard, epoch, session_id, resume_url, sequence, position)
            JOIN shard ON shard.application = $1 AND shard.generation = v.generation AND shard.shard = v.shard AND shard.epoch = v.epoch
                AND shard.state <> 'retired'
            ORDER BY v.position
            ON CONFLICT (application, generation, shard) DO UPDATE
            SET epoch = excluded.epoch, session_id = excluded.session_id, resume_url = excluded.resume_url, sequence = excluded.sequence
            WHERE session.epoch <= excluded.epoch
              AND (session.session_id IS DISTINCT FROM excluded.session_id OR session.sequence < excluded.sequence
                   OR (session.sequence = excluded.sequence AND session.resume_url <> excluded.resume_url))
            """,
            [
                PostgresArray.text(rows.map(\.lease.key.generation.rawValue)), PostgresArray.text(rows.map(\.lease.key.shard.rawValue)),
                PostgresArray.text(rows.map(\.lease.epoch.rawValue)), PostgresArray.text(rows.map(\.session?.sessionID)),
                PostgresArray.text(rows.map(\.session?.resumeGatewayURL)), PostgresArray.text(rows.map { $0.session.map { "\($0.sequence)" } }),
            ])
    }
}

extension PostgresWrites {
    private func retire(_ generation: Generation?) -> [PostgresStatement] {
        guard let generation else { return [] }
        return [
            self.statement(
                "UPDATE generation SET phase = 'retired' WHERE application = $1 AND generation = $2::int AND phase = 'active'", ["\(generation)"],
                whenFewer: .refuse(StoreRefusal.notActive(generation))),
            self.statement("DELETE FROM session WHERE application = $1 AND generation = $2::int", ["\(generation)"]),
            self.statement(
                "UPDATE shard SET owner = NULL, incarnation = NULL, state = 'retired' WHERE application = $1 AND generation = $2::int", ["\(generation)"]),
        ]
    }

    private func activate(_ generation: Generation, numShards: Int) -> [PostgresStatement] {
        [
            self.statement(
                "INSERT INTO generation (application, generation, num_shards, phase) VALUES ($1, $2::int, $3::int, 'active') ON CONFLICT DO NOTHING",
                ["\(generation)", "\(numShards)"], whenFewer: .refuse(StoreRefusal.generationExists(generation))),
            self.statement(
                "INSERT INTO shard (application, generation, shard) SELECT $1, $2::int, s FROM generate_series(0, $3::int - 1) s",
                ["\(generation)", "\(numShards)"]),
        ]
    }

    /// Assignments that follow each other, of different shards: one statement can make them all.
    private struct AssignmentRun {
        private(set) var leases: [ShardLease] = []
        private(set) var owners: [String] = []
        private(set) var incarnations: [String] = []
        private var keys: Set<ShardKey> = []

        /// `false`: this shard is in the run already.
        mutating func append(_ lease: ShardLease, _ owner: StableID, _ incarnation: Incarnation) -> Bool {
            guard self.keys.insert(lease.key).inserted else { return false }
            self.leases.append(lease)
            self.owners.append(owner.rawValue)
            self.incarnations.append(incarnation.rawValue)
            return true
        }
    }

    private func assign(_ run: AssignmentRun) -> [PostgresStatement] {
        guard !run.leases.isEmpty else { return [] }
        let statement = self.statement(
            """
            UPDATE shard SET owner = v.owner, incarnation = v.incarnation, epoch = v.epoch, state = 'owned'
            FROM unnest($2::int[], $3::int[], $4::bigint[], $5::text[], $6::text[]) AS v (generation, shard, epoch, owner, incarnation)
            WHERE shard.application = $1 AND shard.generation = v.generation AND shard.shard = v.shard AND shard.epoch < v.epoch
              AND shard.state <> 'retired'
            """,
            [
                PostgresArray.text(run.leases.map(\.key.generation.rawValue)), PostgresArray.text(run.leases.map(\.key.shard.rawValue)),
                PostgresArray.text(run.leases.map(\.epoch.rawValue)), PostgresArray.text(run.owners), PostgresArray.text(run.incarnations),
            ], rows: run.leases.count, whenFewer: .refuse(StoreRefusal.staleAssignment(amongst: run.leases)))
        return [statement]
    }

    private func release(_ lease: ShardLease) -> PostgresStatement {
        self.statement(
            """
            UPDATE shard SET owner = NULL, incarnation = NULL, epoch = $2::bigint, state = CASE state WHEN 'owned' THEN 'unowned' ELSE state END
            WHERE application = $1 AND generation = $3::int AND shard = $4::int AND epoch <= $2::bigint
            """, ["\(lease.epoch)", "\(lease.key.generation)", "\(lease.key.shard)"], whenFewer: .refuse(StoreRefusal.staleRelease(lease)))
    }

    private func save(_ worker: StoredWorker) -> PostgresStatement {
        self.statement(
            """
            INSERT INTO worker (application, stable_id, incarnation, capacity) VALUES ($1, $2, $3, $4::int)
            ON CONFLICT (application, stable_id) DO UPDATE
            SET incarnation = excluded.incarnation, capacity = excluded.capacity, joined_at = excluded.joined_at
            """, [worker.stableID.rawValue, worker.incarnation.rawValue, "\(worker.capacity)"])
    }

    private func open(_ permit: PermitRecord, used: Int, windowEndsIn: Duration?) -> [PostgresStatement] {
        [
            self.statement(
                """
                INSERT INTO permit (application, permit, key, generation, shard, epoch, worker, coordinator_epoch, granted_at)
                VALUES ($1, $2, $3::int, $4::int, $5::int, $6::bigint, $7, $8::bigint, clock_timestamp()) ON CONFLICT DO NOTHING
                """,
                [
                    permit.id.rawValue, "\(permit.rateLimitKey)", "\(permit.lease.key.generation)", "\(permit.lease.key.shard)", "\(permit.lease.epoch)",
                    permit.worker.rawValue, "\(self.epoch)",
                ], whenFewer: .refuse(StoreRefusal.permitExists(permit.id))),
            self.statement(
                """
                INSERT INTO rate_limit_key (application, key, open_permit, changed_at) VALUES ($1, $2::int, $3, clock_timestamp())
                ON CONFLICT (application, key) DO UPDATE SET open_permit = excluded.open_permit, changed_at = excluded.changed_at
                """, ["\(permit.rateLimitKey)", permit.id.rawValue]),
            self.statement(
                "UPDATE application SET used = $2::int, window_ends = clock_timestamp() + $3::bigint * interval '1 microsecond' WHERE application = $1",
                ["\(used)", windowEndsIn.map(Self.microseconds)]),
        ]
    }

    private func close(_ permit: PermitID, _ outcome: IdentifyOutcome) -> [PostgresStatement] {
        let record = self.statement(
            """
            UPDATE permit SET outcome = $2, resolved_at = clock_timestamp()
            WHERE application = $1 AND permit = $3 AND (outcome IS NULL OR outcome = 'unknown')
            """, [outcome.rawValue, permit.rawValue])
        // An unknown outcome proves nothing: the key stays open, so that a successor waits out the whole of it.
        guard outcome != .unknown else { return [record] }
        return [
            record,
            self.statement(
                "UPDATE rate_limit_key SET open_permit = NULL, changed_at = clock_timestamp() WHERE application = $1 AND open_permit = $2",
                [permit.rawValue]),
        ]
    }

    private func openFloor(_ floor: Int?, for duration: Duration?) -> PostgresStatement {
        self.statement(
            "UPDATE application SET opened_floor = $2::int, floor_ends = clock_timestamp() + $3::bigint * interval '1 microsecond' WHERE application = $1",
            [floor.map { "\($0)" }, floor == nil ? nil : duration.map(Self.microseconds)])
    }

    private func set(_ planned: PlannedPresence, for scope: PresenceScope) -> [PostgresStatement] {
        let upsert = self.statement(
            """
            INSERT INTO presence (application, shard, revision, data) SELECT $1, s, $2::bigint, $3 FROM unnest($4::int[]) AS s
            ON CONFLICT (application, shard) DO UPDATE SET revision = excluded.revision, data = excluded.data
            """, ["\(planned.revision)", planned.storedData, PostgresArray.text(scope.storedShards)])
        return scope == .all ? [self.forgetShardPresences, upsert] : [upsert]
    }

    private var forgetShardPresences: PostgresStatement {
        self.statement("DELETE FROM presence WHERE application = $1 AND shard >= 0", [])
    }

    private func append(_ transitions: [Transition]) -> [PostgresStatement] {
        guard !transitions.isEmpty else { return [] }
        let leases = transitions.map(\.lease)
        let statement = self.statement(
            """
            INSERT INTO transition (application, coordinator_epoch, kind, generation, shard, epoch, worker, detail, at)
            SELECT $1, $2::bigint, v.kind, v.generation, v.shard, v.epoch, v.worker, v.detail, clock_timestamp()
            FROM unnest($3::text[], $4::int[], $5::int[], $6::bigint[], $7::text[], $8::text[])
                WITH ORDINALITY AS v (kind, generation, shard, epoch, worker, detail, position)
            ORDER BY v.position
            """,
            [
                "\(self.epoch)", PostgresArray.text(transitions.map(\.kind.rawValue)),
                PostgresArray.text(leases.map { $0.map { "\($0.key.generation)" } }), PostgresArray.text(leases.map { $0.map { "\($0.key.shard)" } }),
                PostgresArray.text(leases.map { $0.map { "\($0.epoch)" } }), PostgresArray.text(transitions.map { $0.worker?.rawValue }),
                PostgresArray.text(transitions.map(\.detail)),
            ])
        return [statement]
    }

    /// `$1` is the application in all of them.
    private func statement(_ sql: String, _ parameters: [String?], rows: Int = 1, whenFewer: PostgresStatement.WhenFewer = .goOn) -> PostgresStatement {
        PostgresStatement(sql, [self.application.rawValue] + parameters, rows: rows, whenFewer: whenFewer)
    }

    private static func microseconds(_ duration: Duration) -> String {
        "\((duration.inNanoseconds + 999) / 1000)"
    }
}
