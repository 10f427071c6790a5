import CLibPQ
import Foundation
import GatewayModel

/// How to reach a PostgreSQL, and how long to wait for it.
public struct PostgresOptions: Hashable, Sendable {
    /// Of one statement, by the server's own clock; the client waits `patience` longer for the whole transaction.
    public var statementTimeout = Duration.milliseconds(1500)
    /// What the network may add before a connection counts as dead.
    public var patience = Duration.milliseconds(500)
    /// Of all migrations together, waiting for another process's included.
    public var migrationTimeout = Duration.seconds(60)

    /// Without password: `postgres://user@host:port/database`.
    public let location: String
    private let uri: Secret

    /// - Parameter uri: `postgres://…`, handed to libpq as it is, so that every option of libpq holds.
    /// - Throws: `StoreError.badLocation`, which does not repeat the password.
    public init(uri: String) throws {
        let redacted = Self.redacting(uri)
        let parsed = Self.parse(uri)
        guard case .success(let values) = parsed else {
            // The message may quote what it stumbled on; the redacted text shows whether that was the password.
            guard case .failure(let problem) = Self.parse(redacted) else {
                throw StoreError.badLocation(redacted, why: "user name or password holds a character that must be percent-encoded")
            }
            throw StoreError.badLocation(redacted, why: problem.message)
        }
        self.uri = Secret(uri)
        let host = values["host"] ?? values["hostaddr"] ?? "localhost"
        let port = values["port"].map { ":\($0)" } ?? ""
        let user = values["user"].map { "\($0)@" } ?? ""
        self.location = "postgres://\(user)\(host)\(port)/\(values["dbname"] ?? values["user"] ?? "")"
    }

    /// Calls `body` with libpq's arrays of keywords and values, for `expand_dbname`: what the URI says overrides what stands before it.
    func withKeywordsAndValues<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result {
        let pairs: KeyValuePairs = [
            "connect_timeout": "2",
            "target_session_attrs": "read-write",
            "keepalives_idle": "5",
            "keepalives_interval": "2",
            "keepalives_count": "3",
            "tcp_user_timeout": "5000",
            "fallback_application_name": "muster",
            "dbname": self.uri.revealed,
            "client_encoding": "UTF8",
        ]
        return Self.withCStrings(pairs.map(\.key)) { keywords in Self.withCStrings(pairs.map(\.value)) { values in body(keywords, values) } }
    }

    /// The URI with `***` for its password, wherever it stands.
    private static func redacting(_ uri: String) -> String {
        var text = uri
        if let scheme = text.range(of: "://") {
            let rest = text[scheme.upperBound...]
            // A password may hold what ends a host: the last @ before the query ends the user.
            let end = rest.firstIndex(of: "?").flatMap { rest[..<$0].contains("@") ? $0 : nil } ?? rest.endIndex
            if let at = rest[..<end].lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":") {
                text.replaceSubrange(rest.index(after: colon)..<at, with: "***")
            }
        }
        return text.replacing(/(?i)(password=)[^&]*/) { match in "\(match.output.1)***" }
    }

    private struct ParseProblem: Error {
        var message: String
    }

    private static func parse(_ uri: String) -> Result<[String: String], ParseProblem> {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(uri, &message) else {
            defer { PQfreemem(message) }
            let text = message.map { String(cString: $0) } ?? "out of memory"
            return .failure(ParseProblem(message: text.split(whereSeparator: \.isWhitespace).joined(separator: " ")))
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        return .success(values)
    }

    private static func withCStrings<Result>(_ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result {
        let bytes = texts.map { Array($0.utf8CString) }
        let total = bytes.reduce(0) { $0 + $1.count }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: total) { memory in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for text in bytes {
                _ = UnsafeMutableBufferPointer(rebasing: memory[offset..<offset + text.count]).initialize(from: text)
                pointers.append(UnsafePointer(memory.baseAddress! + offset))
                offset += text.count
            }
            pointers.append(nil)
            return body(pointers)
        }
    }
}
