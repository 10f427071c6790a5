/// What a client gets where READY or a replay is usual.
public enum Refusal: Hashable, Sendable {
    /// Op 9. Not resumable: a session that was to be resumed ends.
    case invalidSession(resumable: Bool)
    /// Close frame with any code. The codes after which Discord refuses a RESUME (`CloseCode.endsSession`) end the session.
    case close(code: UInt16)
    /// Op 7.
    case reconnect
    /// Nothing: the connection stays open and its heartbeats are ACKed, as in an outage.
    case silence
}

/// How many IDENTIFYs or RESUMEs are still to be refused like that.
struct Refusals: Hashable, Sendable {
    var remaining = 0
    var refusal = Refusal.silence

    /// The refusal of this one; `nil`: none.
    mutating func next() -> Refusal? {
        guard self.remaining > 0 else { return nil }
        self.remaining -= 1
        return self.refusal
    }
}
