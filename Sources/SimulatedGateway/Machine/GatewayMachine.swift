public import GatewayModel

/// Discord's gateway as one value: sessions, replay, identify budget, limits, faults, and a ledger of what must arrive where.
///
/// Same inputs, same outputs. Time is simulator time: it starts where the caller likes and never falls; a restored machine goes on from `now` of its state.
/// One owner feeds it inputs in order of arrival and performs the outputs in order.
public struct GatewayMachine: Hashable, Sendable {
    /// The rules now in force.
    public internal(set) var configuration: GatewayConfiguration
    /// The instant of the last input.
    public internal(set) var now: Instant
    public internal(set) var ledger: Ledger
    public internal(set) var counts = GatewayCounts()
    /// The newest 10,000; `counts.violations` counts all.
    public internal(set) var violations: [Violation] = []
    /// The newest 100,000.
    public internal(set) var identifyArrivals: [IdentifyArrival] = []
    /// The newest 10,000 since the start; `counts.commands` counts all. Not in the saved state.
    public internal(set) var commands: [CommandRecord] = []
    /// Only a new state file (or none) gives the application a live token again.
    public internal(set) var tokenIsDead = false

    var connections: [ConnectionID: Connection] = [:]
    var sessions: [SessionKey: Session] = [:]
    var sessionsByID: [String: SessionKey] = [:]
    /// Newest first.
    var shardSets: [ShardSet] = []
    var lastOrder: Int64 = 0
    var lastSessionKey: Int32 = 0
    var lastEventID: Int64 = 0
    /// The last arrival by rate-limit key.
    var lastIdentify: [Int: Instant] = [:]
    var identifyWindowStart: Instant?
    var identifiesInWindow = 0
    /// The last full member list that was answered, by guild.
    var lastFullList: [UInt64: Instant] = [:]
    /// What the next connections get instead of HELLO.
    var greetings = Greetings()
    var identifyRefusals = Refusals()
    var resumeRefusals = Refusals()
    var earlyEnds = EarlyEnds()
    /// Connections whose budget of payloads was used up within this input.
    var exhausted: [ConnectionID] = []
    /// Guilds by shard, by `num_shards`: follows from the configuration.
    var guildsByShard: [Int: [[UInt64]]] = [:]
    /// Not later than the earliest thing to do by itself.
    var nextDeadline: Instant?

    /// - Parameter now: simulator time at the start.
    public init(configuration: GatewayConfiguration, at now: Instant) {
        self.configuration = configuration
        self.now = now
        self.ledger = Ledger(limit: configuration.ledgerLimit)
    }

    /// Takes one input.
    ///
    /// - Parameter now: simulator time; an earlier one than before counts as the last one.
    public mutating func handle(_ input: GatewayInput, at now: Instant) -> [GatewayOutput] {
        var outputs: [GatewayOutput] = []
        self.handle(input, at: now, into: &outputs)
        return outputs
    }

    /// `handle(_:at:)` for who has many inputs and one buffer.
    public mutating func handle(_ input: GatewayInput, at now: Instant, into outputs: inout [GatewayOutput]) {
        self.now = max(now, self.now)
        self.performDue(&outputs)
        switch input {
        case .connectionOpened(let id, let version): self.open(id, version: version, &outputs)
        case .connectionEnded(let id, let end): self.end(id, end)
        case .received(let id, let payload): self.receive(id, payload, &outputs)
        case .timePassed: break
        case .publish(let draft): self.publish(draft.type, draft.guild, padding: draft.padding, &outputs)
        case .inject(let fault): self.inject(fault, &outputs)
        }
        self.endExhausted(&outputs)
    }

    /// When to call with `timePassed` at the latest; it may have nothing to do then. `nil`: never.
    public var deadline: Instant? { self.nextDeadline }

    /// Live sessions, oldest first.
    public var sessionStatuses: [SessionStatus] {
        self.sessions.keys.sorted().compactMap { self.status(of: $0) }
    }

    /// `nil`: ended.
    public func status(of key: SessionKey) -> SessionStatus? {
        guard let session = self.sessions[key] else { return nil }
        return SessionStatus(
            key: key, sessionID: session.id, shard: session.shard, numShards: session.numShards, intents: session.intents,
            compress: session.compress, presence: session.presence,
            sequence: session.buffer.lastSequence, oldestBuffered: session.buffer.firstSequence, connection: session.connection)
    }

    /// `nil`: unknown or ended.
    public func status(ofSession id: String) -> SessionStatus? {
        self.sessionsByID[id].flatMap { self.status(of: $0) }
    }

    /// The `session_id` of a session, also of an ended one.
    public func sessionID(of key: SessionKey) -> String {
        SessionIDs.text(seed: self.configuration.sessionSeed, key: key)
    }

    /// The open connection a live session is attached to.
    public func connection(ofSession id: String) -> ConnectionID? {
        self.sessionsByID[id].flatMap { self.sessions[$0]?.connection }
    }

    /// The guilds READY lists for a shard, in the configuration's order.
    public mutating func guilds(ofShard shard: Int, numShards: Int) -> [UInt64] {
        if let known = self.guildsByShard[numShards] { return known[shard] }
        var byShard = [[UInt64]](repeating: [], count: numShards)
        for guild in self.configuration.guilds { byShard[Int((guild >> 22) % UInt64(numShards))].append(guild) }
        self.guildsByShard[numShards] = byShard
        return byShard[shard]
    }

    /// Whether HTTP and IDENTIFY take this token.
    public func accepts(token: String) -> Bool {
        !self.tokenIsDead && (self.configuration.token.map { $0 == token } ?? !token.isEmpty)
    }

    /// `session_start_limit.remaining` at `now`.
    public func identifiesRemaining(at now: Instant) -> Int {
        max(0, self.configuration.identifyLimitTotal - (self.windowIsOver(at: now) ? 0 : self.identifiesInWindow))
    }

    /// `session_start_limit.reset_after` at `now`; zero while no window runs.
    public func identifyResetAfter(at now: Instant) -> Duration {
        guard let start = self.identifyWindowStart, !self.windowIsOver(at: now) else { return .zero }
        return now.duration(to: start + self.configuration.identifyWindow)
    }
}
