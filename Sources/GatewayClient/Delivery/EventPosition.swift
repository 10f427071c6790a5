/// One dispatch of one session.
struct EventPosition: Hashable, Sendable {
    var sequence: Int64
    var sessionID: String
}
