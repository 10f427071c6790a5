public import GatewayModel
public import NIOCore

/// One dispatch (op 0) as Discord sent it.
public struct GatewayDispatch: Sendable {
    /// Discord's `s`, contiguous within a session.
    public var sequence: Int64
    /// The session it belongs to.
    public var sessionID: String
    /// Discord's `t`, such as `MESSAGE_CREATE`. Unknown names are passed on.
    public var type: String
    /// Discord's `d`: exactly the bytes received.
    public var data: ByteBuffer

    public init(sequence: Int64, sessionID: String, type: String, data: ByteBuffer) {
        self.sequence = sequence
        self.sessionID = sessionID
        self.type = type
        self.data = data
    }
}

/// What a shard tells about itself, in order with its dispatches.
public enum ShardEvent: Hashable, Sendable {
    /// The phase changed.
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
    /// Bad input was met and handled (invalid JSON, truncated zlib, `s` going backwards): for counters and logs.
    case anomaly(String)
}

/// Receives what one shard produces. All calls come on that shard's event loop, in order, and must not block.
public protocol ShardHandler: Sendable {
    /// Takes one dispatch. `.pauseReading` stops reads of this shard's socket until `GatewayShard.resumeReading()`; heartbeats go on.
    func receive(_ dispatch: GatewayDispatch) -> Delivery
    func receive(_ event: ShardEvent)
}

public enum Delivery: Hashable, Sendable {
    case goOn, pauseReading
}
