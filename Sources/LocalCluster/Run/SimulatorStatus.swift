/// What the simulator says of itself at `GET /_sim/status`.
struct SimulatorStatus: Codable, Equatable, Sendable {
    struct Session: Codable, Equatable, Sendable {
        var session: String
        /// Its shard set's size.
        var shards: Int
        /// Whether a connection carries it at present.
        var attached: Bool
    }

    /// Simulator time, milliseconds.
    var now: Double
    var sessions: [Session]
    /// Accepted, since the state file began.
    var identifies: Int
    var resumes: Int
    /// Entries of `GET /_sim/violations`.
    var violations: Int

    /// The last line of the ledger.
    var ledgerCursor: Int64
    /// Lines below this one are gone.
    var ledgerTruncatedBefore: Int64

    enum CodingKeys: String, CodingKey {
        case now = "now_ms"
        case ledgerCursor = "ledger_cursor"
        case ledgerTruncatedBefore = "ledger_truncated_before"
        case sessions, identifies, resumes, violations
    }
}

/// One entry of `GET /_sim/violations`.
struct SimulatorViolation: Codable, Equatable, Sendable {
    /// Simulator time, milliseconds.
    var at: Double
    var kind: String
    var detail: String

    /// Whether it is about when and how often sessions begin.
    var isAboutIdentify: Bool { self.kind.hasPrefix("identify") || self.kind == "daily_limit" }

    enum CodingKeys: String, CodingKey {
        case at = "at_ms"
        case kind, detail
    }
}
