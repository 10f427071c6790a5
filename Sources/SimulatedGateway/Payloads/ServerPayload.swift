/// One message to a client.
public enum ServerPayload: Hashable, Sendable {
    /// Op 10, `d.heartbeat_interval` in milliseconds.
    case hello(heartbeatIntervalMilliseconds: Int)
    /// Op 0. READY, GUILD_CREATE and RESUMED included.
    case dispatch(Dispatch)
    /// Op 11.
    case heartbeatACK
    /// Op 1 from the server: the client answers with op 1 at once.
    case heartbeatRequest
    /// Op 7.
    case reconnect
    /// Op 9.
    case invalidSession(resumable: Bool)
}
