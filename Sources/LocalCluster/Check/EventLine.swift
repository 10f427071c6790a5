/// What the checker takes from one line of a worker's NDJSON file.
enum EventLine: Equatable, Sendable {
    case dispatch(session: String, sequence: Int64, epoch: Int64)
    /// The shard's own event, such as `gap` or `resumed`.
    case control(String)

    /// - Parameter line: without its newline.
    /// - Returns: `nil` where it is neither of the two.
    static func scan(_ line: UnsafeRawBufferPointer) -> EventLine? {
        guard var members = JSONMembers(line) else { return nil }
        var session: String?
        var sequence: Int64?
        var epoch: Int64?
        while let (key, value) = members.next() {
            if members.matches(key, "epoch") {
                epoch = members.integer(value)
            } else if members.matches(key, "session") {
                session = members.text(value)
            } else if members.matches(key, "seq") {
                sequence = members.integer(value)
            } else if members.matches(key, "control") {
                return members.text(value).map { .control($0) }
            } else if members.matches(key, "type"), let session, let sequence, let epoch {
                return .dispatch(session: session, sequence: sequence, epoch: epoch)
            }
        }
        return nil
    }
}
