/// A gateway session as an observer sees it.
public struct SessionStatus: Hashable, Sendable {
    public var key: SessionKey
    public var sessionID: String
    public var shard: Int
    public var numShards: Int
    public var intents: UInt64
    /// Whether its IDENTIFY asked for payload compression.
    public var compress: Bool
    /// The last presence that counted, of IDENTIFY or op 3.
    public var presence: SimulatedPresence?
    /// The last `s` queued.
    public var sequence: Int64
    /// The oldest `s` that a RESUME can still have; `sequence + 1` where the buffer is empty.
    public var oldestBuffered: Int64
    /// The connection it is attached to; `nil`: detached.
    public var connection: ConnectionID?
}
