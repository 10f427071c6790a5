/// What the shell is to do, in this order.
public enum SessionEffect: Hashable, Sendable {
    /// Reserve an instant to dial at. Answered by `dialReserved`. Only where the machine was told to pace its dials.
    case reserveDial
    /// Open a WebSocket to this URL (scheme, host, path; the shell adds the query). Answered by `connected` or `failedToConnect`.
    case dial(url: String)
    /// Op 1; `sequence` is the accepted one, `nil` for JSON `null`.
    case sendHeartbeat(sequence: Int64?)
    /// Op 2, with this permit. Never without one.
    case sendIdentify(PermitID)
    /// Op 6, with the session's accepted sequence.
    case sendResume(GatewaySession)
    /// Send a close frame, read on (discarding) to the end of the stream, then answer `closed`. 1000 only for a session that is retired, else 4000.
    case close(code: UInt16)
    /// End TCP now, after what is written. Also abandons a dial. Not answered.
    case drop
    /// Hand the dispatch that came with this input (`dispatch`, `ready`, `resumed`) to the holder. At most once in one input's effects.
    case deliver
    /// Read no more of this socket: a hand-off began. What is not read yet stays with Discord for the next owner.
    case stopReading
    /// Tell the holder.
    case report(ShardEvent)
    /// The run is over, the connection closed. Nothing is handled after it.
    case end(ShardEnd)
}
