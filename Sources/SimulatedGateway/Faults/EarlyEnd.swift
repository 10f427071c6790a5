/// The end of a connection after a number of payloads, so that it falls on any point: before HELLO, between two dispatches of a replay, after RESUMED.
public enum EarlyEnd: Hashable, Sendable {
    case close(code: UInt16)
    case cut(TransportCut)
}

/// How many new connections are still to end early.
struct EarlyEnds: Hashable, Sendable {
    var remaining = 0
    var payloads = 0
    var end = EarlyEnd.cut(.reset)

    /// What is in store for a new connection; `nil`: nothing.
    mutating func next() -> Connection.Budget? {
        guard self.remaining > 0 else { return nil }
        self.remaining -= 1
        return Connection.Budget(payloads: self.payloads, end: self.end)
    }
}
