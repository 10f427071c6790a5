import GatewayModel

/// A shard's own event, as a line among its dispatches: `{"app","gen","shard","epoch","control":name,…}`.
struct ControlLine: Sendable {
    enum Value: Sendable {
        case text(String)
        case number(Int64)
        case null
    }

    let name: String
    /// In the order of the line.
    let fields: [(name: String, value: Value)]

    /// A new session began.
    static func ready(_ session: GatewaySession) -> Self {
        Self(name: "ready", fields: [("session", .text(session.sessionID))])
    }

    /// The session goes on after `replayed` dispatches that were sent again or for the first time.
    static func resumed(_ session: GatewaySession, replayed: Int) -> Self {
        Self(name: "resumed", fields: [("session", .text(session.sessionID)), ("replayed", .number(Int64(replayed)))])
    }

    /// Events may be missing after `after`, the last received `s` of `session`; both are `null` where there was no session.
    static func gap(_ reason: GapReason, session: GatewaySession?) -> Self {
        Self(
            name: "gap",
            fields: [
                ("reason", .text(reason.rawValue)), ("session", session.map { .text($0.sessionID) } ?? .null),
                ("after", session.map { .number($0.sequence) } ?? .null),
            ])
    }

    /// The connection ended. `code` is `null` where no close frame came.
    static func disconnected(code: UInt16?, reason: String, _ disposition: CloseDisposition) -> Self {
        Self(
            name: "disconnected",
            fields: [("code", code.map { .number(Int64($0)) } ?? .null), ("disposition", .text(disposition.rawValue)), ("reason", .text(reason))])
    }

    /// This shard of a new shard set starts for the first time.
    static let reshardBegin = Self(name: "reshard_begin", fields: [])
    /// It is ready for the first time.
    static let reshardEnd = Self(name: "reshard_end", fields: [])
}
