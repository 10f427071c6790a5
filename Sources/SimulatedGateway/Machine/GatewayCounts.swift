/// What happened since the simulator's state began.
public struct GatewayCounts: Hashable, Sendable {
    /// IDENTIFYs with a good token, refused ones included.
    public var identifies = 0
    /// RESUMEs answered with a replay and RESUMED.
    public var resumes = 0
    /// RESUMEs refused.
    public var resumesRefused = 0
    /// Dispatches queued on sessions, READY, RESUMED and GUILD_CREATE included.
    public var dispatches = 0
    /// Events published.
    public var events = 0
    public var violations = 0
    /// Ops 3, 4, 8, 31 and 43 on authenticated connections, ignored ones included.
    public var commands = 0
    /// Close frames by clients, by code, sorted by code.
    public var closedByClient: [CodeCount] = []
    /// Connections that ended without a close frame.
    public var transportEnds = 0

    public struct CodeCount: Hashable, Sendable {
        public var code: UInt16
        public var count: Int
    }

    public init() {}
}
