/// Everything that can happen to one shard's gateway connections.
///
/// There is at most one connection at a time: the one of the latest `SessionEffect.dial`. After `SessionEffect.drop` nothing of it comes in any
/// more; after `SessionEffect.close` its frames are ignored and only `closed` counts.
public enum SessionInput: Hashable, Sendable {
    /// Begins the run. First input, once.
    case start
    /// Answers `SessionEffect.reserveDial`.
    case dialReserved(DialReservation)
    /// TCP, TLS and the WebSocket upgrade are done.
    case connected
    /// The dial ended without a WebSocket.
    case failedToConnect(reason: String)
    /// Op 10.
    case hello(heartbeatInterval: Duration)
    /// Op 0 with any `t` but READY and RESUMED. Shells ask `dispatchReceived` first, which allocates nothing.
    case dispatch(sequence: Int64)
    /// Op 0 that nobody wants: it counts for the sequence, and is not delivered.
    case pruned(sequence: Int64)
    /// Op 0, READY.
    case ready(sequence: Int64, sessionID: String, resumeGatewayURL: String)
    /// Op 0, RESUMED.
    case resumed(sequence: Int64)
    /// Op 1 from the server.
    case heartbeatRequested
    /// Op 11.
    case heartbeatAcknowledged
    /// Op 7; also before HELLO.
    case reconnectRequested
    /// Op 9.
    case invalidSession(resumable: Bool)
    /// The server sent what cannot be read: invalid JSON or UTF-8, a truncated or over-large zlib stream, a broken frame.
    case malformed(reason: String)
    /// The connection is gone. `code`: of the server's close frame; `nil` for a bare TCP end.
    case closed(code: UInt16?, reason: String)
    /// IDENTIFY or RESUME could not be written, so nothing of it left. Comes right after the effect that asked for it.
    case sendFailed(reason: String)
    /// A permit to IDENTIFY may be had: dial, come to HELLO. Answered by exactly one `ShardEvent.identified` for each id, whatever happens.
    case offered(PermitID)
    /// The permit is committed: IDENTIFY strictly before `validUntil`.
    case granted(PermitID, validUntil: Instant)
    /// The sink accepted everything up to `sequence` of this session.
    case accepted(sequence: Int64, sessionID: String)
    /// We stopped (or went on) reading the socket, for back-pressure: the zombie rule pauses meanwhile.
    case readingPaused(Bool)
    /// The shard is to end, in this way.
    case stop(StopMode)
    /// As `stop(.retire)`, whose stream ends with a gap that was resharded; here with another reason.
    case retire(GapReason)
    /// Answers `ShardEvent.phase(.stopping)`: the sink has all that it was given, and `accepted` said so.
    case flushed
    /// `SessionMachine.deadline` passed, or `SessionMachine.authority` was set.
    case tick
}
