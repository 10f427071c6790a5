/// Decides one shard's connection life: when to dial where, RESUME or IDENTIFY, heartbeat, close and retry, and which dispatch is delivered.
public struct SessionMachine: Sendable {
    /// What this shard may do. Checked at the instant of dial, RESUME, IDENTIFY and delivery. After setting it, call `handle(.tick)`.
    public var authority: DialAuthority
    /// When `handle(.tick)` is wanted next; may be past. `nil`: only inputs matter.
    public private(set) var deadline: Instant?
    public private(set) var phase: ShardPhase
    /// The session, with the accepted sequence.
    public private(set) var session: GatewaySession?

    /// - Parameters:
    ///   - gatewayURL: `url` of `GET /gateway/bot`, without query.
    ///   - session: RESUMEd first, whatever its age.
    public init(gatewayURL: String, session: GatewaySession?, authority: DialAuthority = .unlimited) {
        self.authority = authority
        self.phase = .waiting
        self.session = session
    }

    public mutating func handle(_ input: SessionInput, at now: Instant, using random: inout some RandomNumberGenerator) -> [SessionEffect] {
        []
    }

    /// The hot path for op 0 other than READY and RESUMED. Equal to `handle(.dispatch(sequence:))`, which is asked only for `.handle`.
    public mutating func dispatchReceived(sequence: Int64, at now: Instant) -> DispatchDecision {
        .handle
    }
}
