public import ClusterModel
import Foundation
import GRDB
import GatewayModel
import Synchronization

/// The store of a single node: one SQLite file, WAL, synced at each commit.
///
/// An exclusive `flock` on `FILE.lock` is held for the life of the store, so a campaign is won at once: whoever led before is dead.
public final class SQLiteStore: ClusterStore {
    let path: String
    /// `nil` once closed.
    private let open: Mutex<Open?>

    struct Open: Sendable {
        var pool: DatabasePool
        var lock: FileLock
    }

    /// Opens or creates the file.
    /// - Throws: `StoreError.locked`, `StoreError.unusableFile`.
    public init(path: String) throws {
        self.path = path
        // The file itself names the lock, not one of the links to it.
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let lock = try FileLock(path: path + ".lock", protecting: path)
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(1.5)
        configuration.label = "muster.store"
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // Not in `prepareDatabase`: GRDB lowers it to NORMAL after that, and a permit must survive a power cut.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            self.open = Mutex(Open(pool: pool, lock: lock))
        } catch {
            throw StoreError.unusableFile(path: path, reason: Self.reason(error))
        }
    }

    public func migrate() async throws {
        let path = self.path
        try await self.writing { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS schema_migration (
                        version INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
                    ) STRICT
                    """)
            let applied = try Row.fetchAll(db, sql: "SELECT version, name, checksum FROM schema_migration").map {
                AppliedMigration(version: $0["version"], name: $0["name"], checksum: $0["checksum"])
            }
            for migration in try Migration.missing(from: Migration.sqlite, applied: applied, location: path) {
                try db.execute(sql: migration.sql)
                try db.execute(
                    sql: "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (?, ?, ?, \(Self.now))",
                    arguments: [migration.version, migration.name, migration.checksum])
            }
        }
    }

    public func campaign(for application: ApplicationID, holder: String, overriding unchangedBeat: LeaderBeat?) async throws -> Campaign {
        try await self.writing { db in
            try db.execute(sql: "INSERT INTO application (application) VALUES (?) ON CONFLICT DO NOTHING", arguments: [application.rawValue])
            let epoch = try Int64.fetchOne(
                db,
                sql: """
                    INSERT INTO leader (application, epoch, holder, beat) VALUES (?, 1, ?, 1)
                    ON CONFLICT (application) DO UPDATE SET epoch = epoch + 1, holder = excluded.holder, beat = beat + 1
                    RETURNING epoch
                    """, arguments: [application.rawValue, holder])
            let won = CoordinatorEpoch(rawValue: epoch!)
            let write = StoreWrite.transition(Transition(kind: .leaderStarted, detail: holder))
            _ = try SQLiteWrites(db: db, application: application, epoch: won).perform(write)
            return .won(won)
        }
    }

    public func beat(epoch: CoordinatorEpoch, application: ApplicationID) async throws -> Bool {
        try await self.writing { db in
            try db.execute(
                sql: "UPDATE leader SET beat = beat + 1 WHERE application = ? AND epoch = ? AND holder IS NOT NULL",
                arguments: [application.rawValue, epoch.rawValue])
            return db.changesCount == 1
        }
    }

    public func resign(epoch: CoordinatorEpoch, application: ApplicationID) async throws {
        try await self.writing { db in
            try db.execute(
                sql: "UPDATE leader SET holder = NULL, beat = beat + 1 WHERE application = ? AND epoch = ?",
                arguments: [application.rawValue, epoch.rawValue])
        }
    }

    public func load(_ application: ApplicationID) async throws -> StoredCluster {
        try await self.reading { db in try SQLiteReads(db: db, application: application).cluster() }
    }

    public func history(of application: ApplicationID, limit: Int) async throws -> [HistoryLine] {
        try await self.reading { db in try SQLiteReads(db: db, application: application).history(limit: limit) }
    }

    public func commit(_ writes: [StoreWrite], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome {
        await self.transaction(epoch: epoch, application: application) { statements in
            for write in writes {
                if let refusal = try statements.perform(write) { return refusal }
            }
            return nil
        }
    }

    public func checkpoint(_ rows: [CheckpointRow], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome {
        let batch = CheckpointBatch(rows)
        return await self.transaction(epoch: epoch, application: application) { statements in
            try statements.checkpoint(batch)
            return nil
        }
    }

    public func close() async {
        guard let open = self.open.withLock({ $0.take() }) else { return }
        // A reader that is still busy keeps its connection and closes it when it is done.
        withExtendedLifetime(open.lock) { try? open.pool.close() }
    }

    /// SQL for the present moment: milliseconds since 1970, UTC.
    static let now = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"
}

extension SQLiteStore {
    /// Runs `body` in a transaction that proves leadership; `body` returns why it refuses, or `nil`.
    private func transaction(
        epoch: CoordinatorEpoch, application: ApplicationID, _ body: @escaping @Sendable (SQLiteWrites) throws -> String?
    ) async -> CommitOutcome {
        do {
            return try await self.pool().writeWithoutTransaction { db in
                try db.beginTransaction(.immediate)
                let ending: CommitOutcome
                do {
                    let leads = try Bool.fetchOne(
                        db, sql: "SELECT 1 FROM leader WHERE application = ? AND epoch = ? AND holder IS NOT NULL",
                        arguments: [application.rawValue, epoch.rawValue])
                    if leads == nil {
                        ending = .deposed
                    } else if let refusal = try body(SQLiteWrites(db: db, application: application, epoch: epoch)) {
                        ending = .refused(refusal)
                    } else {
                        ending = .committed
                    }
                } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                    ending = .refused(Self.reason(error))
                } catch {
                    ending = .failed(Self.reason(error))
                }
                guard ending == .committed else {
                    // Some errors end the transaction by themselves.
                    if db.isInsideTransaction { try db.rollback() }
                    return ending
                }
                do {
                    try db.commit()
                    return .committed
                } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                    try db.rollback()
                    return .failed(Self.reason(error))
                } catch {
                    let reason = Self.reason(error)
                    if db.isInsideTransaction { try db.rollback() }
                    // The frames may be in the log although the sync failed: after a crash they could be found there.
                    return .unknown(reason)
                }
            }
        } catch {
            return .failed(Self.reason(error))
        }
    }

    func writing<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await self.pool().write(body)
        } catch let error as DatabaseError {
            throw StoreError.failed(location: self.path, reason: Self.reason(error))
        }
    }

    private func reading<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await self.pool().read(body)
        } catch let error as DatabaseError {
            throw StoreError.failed(location: self.path, reason: Self.reason(error))
        } catch let error as UnreadableRow {
            throw StoreError.unreadableRow(location: self.path, reason: error.reason)
        }
    }

    private func pool() throws -> DatabasePool {
        guard let open = self.open.withLock({ $0 }) else { throw StoreError.unusableFile(path: self.path, reason: "the store is closed") }
        return open.pool
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return String(describing: error) }
        return error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    }
}
