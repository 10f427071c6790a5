public import GatewayModel

public struct WorkerConfiguration: Hashable, Sendable {
    public var stableID: StableID
    /// Shards it can hold, in `1...100_000`.
    public var capacity: Int
    public var timing: Timing

    public init(stableID: StableID, capacity: Int, timing: Timing = Timing()) {
        self.stableID = stableID
        self.capacity = capacity
        self.timing = timing
    }
}

/// A worker's decisions: its lease, what it may run, what it reports, when it must let go.
public struct WorkerMachine: Sendable {
    /// When `handle(.tick)` is wanted next.
    public private(set) var deadline: Instant?
    /// What every shard of this process may do, as of now; the shell passes it to its shards after each `handle`.
    public private(set) var authority: DialAuthority
    public private(set) var incarnation: Incarnation
    /// When the watchdog thread must end the process with `_exit`, unless a later value replaces it; `nil` under `hold` or while nothing is held.
    public private(set) var watchdog: Instant?

    public init(_ configuration: WorkerConfiguration, at now: Instant, using random: inout some RandomNumberGenerator) {
        self.authority = DialAuthority(dialUntil: now, emitUntil: now)
        self.incarnation = Incarnation(rawValue: "")
    }

    public mutating func handle(_ input: WorkerInput, at now: Instant, using random: inout some RandomNumberGenerator) -> [WorkerEffect] {
        []
    }
}
