import GatewayModel
import Logging

/// One connection and its thread: opens it when needed, opens it again when it was lost, and runs one transaction at a time on it.
actor PostgresConnection {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    private let options: PostgresOptions
    private let logger: Logger
    private var state = State.idle
    private var backoff = ReconnectBackoff()

    private enum State {
        /// The next transaction connects.
        case idle
        case connected(PostgresLink)
        /// Not before this instant, for this reason.
        case waiting(until: ContinuousClock.Instant, reason: String)
        case closed
    }

    /// How a transaction ended.
    enum Ending: Sendable {
        case committed([PostgresResult])
        case deposed
        case refused(String)
        /// Nothing was written, surely. `isUnreachable`: no statement reached a server.
        case failed(String, isUnreachable: Bool)
        /// The connection was lost after COMMIT left.
        case unknown(String)
    }

    enum Access: String, Sendable {
        /// Guards read what is committed at the moment they get their lock.
        case writing = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        /// One snapshot for all statements.
        case reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    init(_ options: PostgresOptions, name: String, logger: Logger) {
        self.executor = ThreadExecutor(name: name)
        self.options = options
        self.logger = logger
    }

    /// Connects, where no connection is open.
    /// - Throws: `StoreError.unreachable`.
    func open() throws {
        do throws(Unreachable) { _ = try self.connect() } catch {
            throw StoreError.unreachable(location: self.options.location, reason: error.reason)
        }
    }

    /// Ends the connection; every later call fails.
    func close() {
        self.state = .closed
    }

    /// Runs the statements in one transaction, in two round trips, and commits unless one of them found too few rows.
    func transact(_ statements: [PostgresStatement], access: Access = .writing) -> Ending {
        let link: PostgresLink
        do throws(Unreachable) { link = try self.connect() } catch { return .failed(error.reason, isUnreachable: true) }
        let deadline = ContinuousClock.now + self.options.statementTimeout + self.options.patience
        let all = Self.prologue(access, timeout: self.options.statementTimeout) + statements
        do throws(PostgresLink.Failure) {
            let results = try link.pipeline(all, until: deadline)
            if let ending = Self.ending(of: all, results) {
                self.rollBack(link, until: deadline)
                return ending
            }
            return self.commit(link, Array(results.dropFirst(all.count - statements.count)), until: deadline)
        } catch {
            self.drop(error)
            return .failed(error.description, isUnreachable: false)
        }
    }

    /// Applies the migrations that are missing, in one transaction under an advisory lock.
    /// - Throws: `StoreError`.
    func migrate(_ known: [Migration]) throws {
        let location = self.options.location
        let link: PostgresLink
        do throws(Unreachable) { link = try self.connect() } catch { throw StoreError.unreachable(location: location, reason: error.reason) }
        let deadline = ContinuousClock.now + self.options.migrationTimeout + self.options.patience
        do {
            // Any number that nothing else uses.
            let lock = PostgresStatement("SELECT pg_advisory_xact_lock(7234309836321)")
            _ = try self.run(Self.prologue(.writing, timeout: self.options.migrationTimeout) + [lock], on: link, until: deadline)
            let exists = try self.run([PostgresStatement("SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL")], on: link, until: deadline)
            if exists[0].rows.isEmpty {
                let create = """
                    CREATE TABLE schema_migration (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL)
                    """
                _ = try self.run([PostgresStatement(create)], on: link, until: deadline)
            }
            let rows = try self.run([PostgresStatement("SELECT version, name, checksum FROM schema_migration")], on: link, until: deadline)[0].rows
            let applied = rows.map { AppliedMigration(version: Int($0[0] ?? "") ?? 0, name: $0[1] ?? "", checksum: $0[2] ?? "") }
            for migration in try Migration.missing(from: known, applied: applied, location: location) {
                var sent = PostgresLink.Sent.no
                if let error = try link.simple(migration.sql, until: deadline, sent: &sent).error {
                    throw StoreError.failed(location: location, reason: "migration \(migration.name): \(error.description)")
                }
                let record = PostgresStatement(
                    "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES ($1::int, $2, $3, now())",
                    ["\(migration.version)", migration.name, migration.checksum])
                _ = try self.run([record], on: link, until: deadline)
            }
        } catch let error as PostgresLink.Failure {
            self.drop(error)
            throw StoreError.failed(location: location, reason: error.description)
        } catch {
            self.rollBack(link, until: deadline)
            throw error
        }
        switch self.commit(link, [], until: deadline) {
        case .committed: return
        case .unknown(let reason): throw StoreError.outcomeUnknown(location: location, reason: reason)
        case .failed(let reason, _), .refused(let reason): throw StoreError.failed(location: location, reason: reason)
        case .deposed: preconditionFailure("COMMIT cannot answer that")
        }
    }
}

extension PostgresConnection {
    private struct Unreachable: Error {
        var reason: String
    }

    private func connect() throws(Unreachable) -> PostgresLink {
        switch self.state {
        case .connected(let link) where link.isOpen:
            return link
        case .waiting(let until, let reason) where ContinuousClock.now < until:
            throw Unreachable(reason: reason)
        case .closed:
            throw Unreachable(reason: "the store is closed")
        case .idle, .connected, .waiting:
            break
        }
        self.state = .idle
        do throws(PostgresLink.Failure) {
            let link = try PostgresLink(self.options)
            if self.backoff.failures > 0 { self.logger.notice("Database reached again", metadata: ["store.location": "\(self.options.location)"]) }
            self.backoff.succeeded()
            self.state = .connected(link)
            return link
        } catch {
            var random = SystemRandomNumberGenerator()
            let delay = self.backoff.failed(using: &random)
            self.state = .waiting(until: .now + delay, reason: error.description)
            if self.backoff.failures == 1 {
                self.logger.warning(
                    "Database unreachable", metadata: ["store.location": "\(self.options.location)", "store.reason": "\(error.description)"])
            }
            throw Unreachable(reason: error.description)
        }
    }

    /// The connection is of no more use; the next transaction opens another one.
    private func drop(_ failure: PostgresLink.Failure) {
        self.state = .idle
        self.logger.warning("Database connection lost", metadata: ["store.location": "\(self.options.location)", "store.reason": "\(failure.description)"])
    }

    private func rollBack(_ link: PostgresLink, until deadline: ContinuousClock.Instant) {
        do throws(PostgresLink.Failure) {
            var sent = PostgresLink.Sent.no
            let result = try link.simple("ROLLBACK", until: deadline, sent: &sent)
            if result.error != nil { self.state = .idle }
        } catch {
            self.drop(error)
        }
    }

    private func commit(_ link: PostgresLink, _ results: [PostgresResult], until deadline: ContinuousClock.Instant) -> Ending {
        var sent = PostgresLink.Sent.no
        do throws(PostgresLink.Failure) {
            _ = link.takeWarning()
            let result = try link.simple("COMMIT", until: deadline, sent: &sent)
            switch result.error {
            case .none:
                // The wait for a synchronous standby was cut short: written here, and lost if the standby takes over now.
                if let warning = link.takeWarning(), result.tag == "COMMIT" { return .unknown(warning) }
                return result.tag == "COMMIT" ? .committed(results) : .failed("the server answered \(result.tag) to COMMIT", isUnreachable: false)
            case .some(let error) where error.isFatal:
                // A server that shuts down may have committed before it said so.
                self.state = .idle
                return .unknown(error.description)
            case .some(let error):
                self.rollBack(link, until: deadline)
                return error.isConstraint ? .refused(error.description) : .failed(error.description, isUnreachable: false)
            }
        } catch {
            self.drop(error)
            return switch sent {
            case .no: .failed(error.description, isUnreachable: false)
            case .perhaps: .unknown(error.description)
            }
        }
    }

    /// Runs statements within a transaction that is open.
    /// - Throws: `PostgresLink.Failure`, or `StoreError.failed` where the server refuses one.
    private func run(
        _ statements: [PostgresStatement], on link: PostgresLink, until deadline: ContinuousClock.Instant
    ) throws -> [PostgresResult] {
        let results = try link.pipeline(statements, until: deadline)
        if let error = results.last?.error { throw StoreError.failed(location: self.options.location, reason: error.description) }
        return results
    }

    /// Settings of the transaction alone, so that a pooler between us and the server does no harm.
    private static func prologue(_ access: Access, timeout: Duration) -> [PostgresStatement] {
        // What is committed must survive a crash (A3), whatever the default of this database.
        let settings = """
            SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true),
                set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)
            """
        return [PostgresStatement(access.rawValue), PostgresStatement(settings, ["\(timeout.inNanoseconds / 1_000_000)"])]
    }

    /// Why the transaction cannot commit; `nil` where it can.
    private static func ending(of statements: [PostgresStatement], _ results: [PostgresResult]) -> Ending? {
        for (statement, result) in zip(statements, results) {
            if let error = result.error {
                return error.isConstraint ? .refused(error.description) : .failed(error.description, isUnreachable: false)
            }
            guard result.count < statement.rows else { continue }
            switch statement.whenFewer {
            case .goOn: continue
            case .deposed: return .deposed
            case .refuse(let reason): return .refused(reason)
            }
        }
        return nil
    }
}
