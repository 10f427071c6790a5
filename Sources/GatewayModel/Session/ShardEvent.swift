/// What a shard tells about itself, in order with its dispatches.
public enum ShardEvent: Hashable, Sendable {
    /// The phase changed. `.stopping` is the request to flush: the holder has its sink accept all that it was given, reports that, then says `flushed`.
    case phase(ShardPhase)
    /// READY came: a new session began. Comes before the READY dispatch itself.
    case ready(GatewaySession)
    /// RESUMED came, after `replayed` dispatches.
    case resumed(GatewaySession, replayed: Int)
    /// Events may be missing between `after` (the last received `s` of `session`) and whatever comes next.
    case gap(GapReason, session: GatewaySession?)
    /// The connection ended. `code` is `nil` where no close frame came.
    case disconnected(code: UInt16?, reason: String, CloseDisposition)
    /// The session is gone; the stored one must be forgotten.
    case sessionLost
    /// The offered permit can be used now: HELLO is here. The holder should take the permit and answer with `grant`.
    case readyToIdentify(PermitID)
    /// The permit ended: the outcome, and the session where it is `.ready`.
    case identified(PermitID, IdentifyOutcome, GatewaySession?)
    /// Bad input was met and handled: of which kind, and what it was in words, for logs.
    case anomaly(Anomaly, String)
}
