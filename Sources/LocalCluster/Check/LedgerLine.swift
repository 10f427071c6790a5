/// One line of the simulator's ledger: an event, and the session that had to carry it.
struct LedgerLine: Equatable, Sendable {
    enum Status: String, Sendable {
        /// Queued on a session: it must reach a file.
        case due
        /// Its shard had no session that could carry it: lost.
        case unowned
        /// Its shard set was retired, and no newer one was ready yet.
        case declared
    }

    /// Rises by line.
    var cursor: Int64
    /// Milliseconds of simulator time, which stands still while the simulator is down.
    var at: Int64
    var status: Status
    /// `nil` where no session carries it.
    var session: String?
    var sequence: Int64?

    init(cursor: Int64, at: Int64, status: Status, session: String?, sequence: Int64?) {
        self.cursor = cursor
        self.at = at
        self.status = status
        self.session = session
        self.sequence = sequence
    }

    /// - Parameter line: without its newline.
    /// - Returns: `nil` where it is no ledger line.
    init?(scanning line: UnsafeRawBufferPointer) {
        guard var members = JSONMembers(line) else { return nil }
        var cursor: Int64?
        var at: Int64?
        var status: Status?
        var session: String?
        var sequence: Int64?
        while let (key, value) = members.next() {
            if members.matches(key, "cursor") {
                cursor = members.integer(value)
            } else if members.matches(key, "at_ms") {
                at = members.integer(value)
            } else if members.matches(key, "status") {
                status = members.text(value).flatMap(Status.init(rawValue:))
            } else if members.matches(key, "session") {
                session = members.text(value)
            } else if members.matches(key, "seq") {
                sequence = members.integer(value)
            }
        }
        guard let cursor, let at, let status, status != .due || (session != nil && sequence != nil) else { return nil }
        self.init(cursor: cursor, at: at, status: status, session: session, sequence: sequence)
    }
}
