public import ClusterModel
import GatewayModel
public import Logging

/// The store of a cluster: PostgreSQL, over two connections: control writes on one, reads on the other.
///
/// A connection that is lost is opened again by the next call that needs it, with a growing delay between attempts that fail; meanwhile calls
/// fail at once.
public final class PostgresStore: ClusterStore {
    private let options: PostgresOptions
    private let control: PostgresConnection
    private let reads: PostgresConnection

    /// Connects nothing yet.
    public init(_ options: PostgresOptions, logger: Logger) {
        self.options = options
        self.control = PostgresConnection(options, name: "store-control", logger: logger)
        self.reads = PostgresConnection(options, name: "store-reads", logger: logger)
    }

    /// Connects, so that a wrong address shows at once.
    /// - Throws: `StoreError.unreachable`.
    public func connect() async throws {
        try await self.control.open()
    }

    public func migrate() async throws {
        try await self.control.migrate(Migration.postgres)
    }

    public func campaign(for application: ApplicationID, holder: String, overriding unchangedBeat: LeaderBeat?) async throws -> Campaign {
        let results = try await self.results(
            of: [
                PostgresStatement("INSERT INTO application (application) VALUES ($1) ON CONFLICT DO NOTHING", [application.rawValue]),
                PostgresStatement("INSERT INTO leader (application, epoch, beat) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING", [application.rawValue]),
                PostgresStatement(
                    """
                    WITH won AS (
                        UPDATE leader SET epoch = epoch + 1, holder = $2, beat = beat + 1
                        WHERE application = $1 AND (holder IS NULL OR (epoch = $3::bigint AND holder = $4 AND beat = $5::bigint))
                        RETURNING epoch
                    )
                    INSERT INTO transition (application, coordinator_epoch, kind, detail, at)
                    SELECT $1, epoch, '\(Transition.Kind.leaderStarted.rawValue)', $2, clock_timestamp() FROM won
                    RETURNING coordinator_epoch
                    """,
                    [
                        application.rawValue, holder, (unchangedBeat?.epoch).map { "\($0)" }, unchangedBeat?.holder, (unchangedBeat?.beat).map { "\($0)" },
                    ]),
                PostgresStatement("SELECT epoch, coalesce(holder, ''), beat FROM leader WHERE application = $1", [application.rawValue]),
            ], on: self.control)
        return try self.reading {
            if let won = results[2].rows.first { return .won(CoordinatorEpoch(rawValue: try won.integer(0))) }
            guard let row = results[3].rows.first else { throw UnreadableRow(reason: "no leader") }
            return .held(LeaderBeat(epoch: CoordinatorEpoch(rawValue: try row.integer(0)), holder: try row.text(1), beat: try row.integer(2)))
        }
    }

    public func beat(epoch: CoordinatorEpoch, application: ApplicationID) async throws -> Bool {
        let update = PostgresStatement(
            "UPDATE leader SET beat = beat + 1 WHERE application = $1 AND epoch = $2::bigint AND holder IS NOT NULL", [application.rawValue, "\(epoch)"])
        return try await self.results(of: [update], on: self.control)[0].count == 1
    }

    public func resign(epoch: CoordinatorEpoch, application: ApplicationID) async throws {
        let update = PostgresStatement(
            "UPDATE leader SET holder = NULL, beat = beat + 1 WHERE application = $1 AND epoch = $2::bigint", [application.rawValue, "\(epoch)"])
        _ = try await self.results(of: [update], on: self.control)
    }

    public func load(_ application: ApplicationID) async throws -> StoredCluster {
        let results = try await self.results(of: PostgresReads.cluster(application), on: self.reads, access: .reading)
        return try self.reading { try PostgresReads.cluster(application, from: results) }
    }

    public func history(of application: ApplicationID, limit: Int) async throws -> [HistoryLine] {
        let results = try await self.results(of: [PostgresReads.history(application, limit: limit)], on: self.reads, access: .reading)
        return try self.reading { try PostgresReads.history(from: results[0]) }
    }

    public func commit(_ writes: [StoreWrite], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome {
        let statements = PostgresWrites(application: application, epoch: epoch)
        return await self.outcome(of: [statements.leadership] + statements.statements(for: writes))
    }

    public func checkpoint(_ rows: [CheckpointRow], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome {
        let statements = PostgresWrites(application: application, epoch: epoch)
        return await self.outcome(of: [statements.leadership, statements.checkpoint(CheckpointBatch(rows))])
    }

    public func close() async {
        await self.control.close()
        await self.reads.close()
    }
}

extension PostgresStore {
    private func outcome(of statements: [PostgresStatement]) async -> CommitOutcome {
        switch await self.control.transact(statements) {
        case .committed: .committed
        case .deposed: .deposed
        case .refused(let reason): .refused(reason)
        case .failed(let reason, _): .failed(reason)
        case .unknown(let reason): .unknown(reason)
        }
    }

    private func results(
        of statements: [PostgresStatement], on connection: PostgresConnection, access: PostgresConnection.Access = .writing
    ) async throws -> [PostgresResult] {
        switch await connection.transact(statements, access: access) {
        case .committed(let results): return results
        case .failed(let reason, isUnreachable: true): throw StoreError.unreachable(location: self.options.location, reason: reason)
        case .failed(let reason, isUnreachable: false), .refused(let reason): throw StoreError.failed(location: self.options.location, reason: reason)
        case .unknown(let reason): throw StoreError.outcomeUnknown(location: self.options.location, reason: reason)
        case .deposed: preconditionFailure("no statement here proves leadership")
        }
    }

    private func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as UnreadableRow {
            throw StoreError.unreadableRow(location: self.options.location, reason: error.reason)
        }
    }
}
