import CLibPQ
import Foundation
import GatewayModel

/// One connection of libpq, never shared: its calls block, with a deadline on each, and so belong on a thread of their own.
final class PostgresLink {
    private let connection: OpaquePointer
    private let warnings = Warnings()

    /// What the server warned of since it was last taken.
    private final class Warnings {
        var last: String?
    }

    /// Why nothing more can be had from a connection. It is useless from then on.
    enum Failure: Error, Hashable {
        case lost(String)
        case timedOut

        var description: String {
            switch self {
            case .lost(let reason): reason
            case .timedOut: "no answer within the time allowed"
            }
        }
    }

    /// Connects, waiting at most `connect_timeout` for each address.
    init(_ options: PostgresOptions) throws(Failure) {
        guard let connection = options.withKeywordsAndValues({ PQconnectdbParams($0, $1, 1) }) else { throw .lost("out of memory") }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK, PQsetnonblocking(connection, 1) == 0 else { throw .lost(Self.message(of: connection)) }
        // Otherwise libpq prints them to stderr.
        PQsetNoticeReceiver(
            connection,
            { context, raw in
                guard let context, let raw, PostgresLink.field(raw, "V") == "WARNING" else { return }
                Unmanaged<Warnings>.fromOpaque(context).takeUnretainedValue().last = PostgresLink.field(raw, "M")
            }, Unmanaged.passUnretained(self.warnings).toOpaque())
    }

    /// The last warning since this was asked before.
    func takeWarning() -> String? {
        self.warnings.last.take()
    }

    deinit {
        PQfinish(self.connection)
    }

    /// Whether the server still keeps the connection, as far as this host knows: after its end is read, it is not.
    var isOpen: Bool {
        var descriptor = pollfd(fd: PQsocket(self.connection), events: Int16(POLLIN), revents: 0)
        guard PQstatus(self.connection) == CONNECTION_OK, descriptor.fd >= 0 else { return false }
        guard poll(&descriptor, 1, 0) > 0 else { return true }
        // Between statements only notices and farewells come.
        return PQconsumeInput(self.connection) == 1 && PQstatus(self.connection) == CONNECTION_OK && poll(&descriptor, 1, 0) == 0
    }

    /// Sends all statements at once and waits for their results. After the first error the server skips the rest, so fewer results may come back.
    func pipeline(_ statements: [PostgresStatement], until deadline: ContinuousClock.Instant) throws(Failure) -> [PostgresResult] {
        guard PQenterPipelineMode(self.connection) == 1 else { throw self.lost }
        for statement in statements {
            guard Self.send(statement, to: self.connection) else { throw self.lost }
        }
        guard PQpipelineSync(self.connection) == 1 else { throw self.lost }
        var results: [PostgresResult] = []
        results.reserveCapacity(statements.count)
        var isAborted = false
        while true {
            // Between the results of two statements comes one nil.
            guard let raw = try self.nextResult(until: deadline) else {
                guard PQstatus(self.connection) == CONNECTION_OK else { throw self.lost }
                continue
            }
            defer { PQclear(raw) }
            switch PQresultStatus(raw) {
            case PGRES_PIPELINE_SYNC:
                guard PQexitPipelineMode(self.connection) == 1 else { throw self.lost }
                return results
            case PGRES_PIPELINE_ABORTED:
                isAborted = true
            default:
                let result = Self.read(raw)
                // The connection is gone: no Sync will come.
                if result.error != nil, PQstatus(self.connection) == CONNECTION_BAD { throw .lost(result.error!.description) }
                if !isAborted { results.append(result) }
            }
        }
    }

    /// Whether any byte of a statement may have left.
    enum Sent { case no, perhaps }

    /// Runs a text, which may hold several statements, and waits for the last result, or the first error.
    /// - Parameter sent: whether the server may know of it, also where this throws.
    func simple(_ sql: String, until deadline: ContinuousClock.Instant, sent: inout Sent) throws(Failure) -> PostgresResult {
        sent = .no
        guard PQsendQuery(self.connection, sql) == 1 else { throw self.lost }
        sent = .perhaps
        var last = PostgresResult()
        while let raw = try self.nextResult(until: deadline) {
            defer { PQclear(raw) }
            let result = Self.read(raw)
            if last.error == nil { last = result }
            if result.error != nil, PQstatus(self.connection) == CONNECTION_BAD { throw .lost(result.error!.description) }
        }
        return last
    }
}

extension PostgresLink {
    private static func send(_ statement: PostgresStatement, to connection: OpaquePointer) -> Bool {
        // A text of PostgreSQL holds no zero byte.
        let copies = statement.parameters.map { text in text.map { strdup($0.replacing("\0", with: "\u{FFFD}")) } }
        defer { for copy in copies { free(copy ?? nil) } }
        let values = copies.map { copy in copy.flatMap { $0 }.map { UnsafePointer($0) } }
        return PQsendQueryParams(connection, statement.sql, Int32(values.count), nil, values, nil, nil, 0) == 1
    }

    /// The next result, waiting until it is complete; `nil` as libpq says it: a statement, or the whole query, has no more.
    private func nextResult(until deadline: ContinuousClock.Instant) throws(Failure) -> OpaquePointer? {
        while true {
            let flushed = PQflush(self.connection)
            guard flushed >= 0 else { throw self.lost }
            guard PQisBusy(self.connection) == 1 else { return PQgetResult(self.connection) }
            try self.wait(writing: flushed == 1, until: deadline)
            guard PQconsumeInput(self.connection) == 1 else { throw self.lost }
        }
    }

    private func wait(writing: Bool, until deadline: ContinuousClock.Instant) throws(Failure) {
        while true {
            let left = (deadline - ContinuousClock.now).inNanoseconds
            guard left > 0 else { throw .timedOut }
            var descriptor = pollfd(fd: PQsocket(self.connection), events: Int16(writing ? POLLIN | POLLOUT : POLLIN), revents: 0)
            guard descriptor.fd >= 0 else { throw self.lost }
            let ready = poll(&descriptor, 1, Int32(clamping: (left + 999_999) / 1_000_000))
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else { throw .lost(String(cString: strerror(errno))) }
        }
    }

    private var lost: Failure { .lost(Self.message(of: self.connection)) }

    private static func read(_ raw: OpaquePointer) -> PostgresResult {
        var result = PostgresResult()
        switch PQresultStatus(raw) {
        case PGRES_TUPLES_OK:
            let columns = PQnfields(raw)
            result.rows = (0..<PQntuples(raw)).map { row in
                (0..<columns).map { column in PQgetisnull(raw, row, column) == 1 ? nil : String(cString: PQgetvalue(raw, row, column)) }
            }
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            break
        default:
            let severity = Self.field(raw, "V")
            result.error = PostgresResult.ServerError(
                code: Self.field(raw, "C") ?? "", message: Self.field(raw, "M") ?? Self.oneLine(String(cString: PQresultErrorMessage(raw))),
                isFatal: severity == "FATAL" || severity == "PANIC")
        }
        result.count = Int(String(cString: PQcmdTuples(raw))) ?? 0
        result.tag = String(cString: PQcmdStatus(raw))
        return result
    }

    fileprivate static func field(_ raw: OpaquePointer, _ name: Unicode.Scalar) -> String? {
        PQresultErrorField(raw, Int32(name.value)).map { self.oneLine(String(cString: $0)) }
    }

    private static func message(of connection: OpaquePointer) -> String {
        let message = self.oneLine(String(cString: PQerrorMessage(connection)))
        return message.isEmpty ? "the connection was lost" : message
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
