public import GatewayModel

/// A control stream of one worker, numbered by the shell; never reused within a process.
public struct ConnectionID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(self.rawValue) }
}

/// A control transaction of the cluster machine, numbered by it.
public struct CommitID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(self.rawValue) }
}

/// An operator's request, numbered by the shell, to answer exactly once.
public struct RequestID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(self.rawValue) }
}

/// `GET /gateway/bot`.
public struct GatewayInfo: Hashable, Codable, Sendable {
    /// Base WSS URL, no query.
    public var url: String
    /// Recommended `num_shards`.
    public var shards: Int
    /// Session starts allowed per window.
    public var total: Int
    /// Session starts left.
    public var remaining: Int
    /// Milliseconds to the reset of the window.
    public var resetAfterMilliseconds: Int
    /// IDENTIFYs per 5 s, and the modulus of the rate-limit key.
    public var maxConcurrency: Int

    public init(url: String, shards: Int, total: Int, remaining: Int, resetAfterMilliseconds: Int, maxConcurrency: Int) {
        self.url = url
        self.shards = shards
        self.total = total
        self.remaining = remaining
        self.resetAfterMilliseconds = resetAfterMilliseconds
        self.maxConcurrency = maxConcurrency
    }
}

public enum GatewayInfoFailure: Hashable, Sendable {
    /// 401: the token is dead. Nothing retries.
    case unauthorized
    /// Anything else: retried with backoff by the machine.
    case temporary(String)
}

public enum OperatorRequest: Hashable, Sendable {
    case reshard(to: Int)
    case openFloor(Int, for: Duration)
    /// Kept, and shown by every session to come. Answered once it is stored; the shards follow within seconds.
    case presence(Presence, PresenceScope)
    /// Answered once it was sent, or surely not, or once nobody can know.
    case command(CommandRequest)
}

/// Everything that can happen to the coordinator's one loop.
public enum ClusterInput: Hashable, Sendable {
    case message(ConnectionID, WorkerMessage)
    /// The stream ended, by either side. A suspicion, no death certificate.
    case closed(ConnectionID)
    /// Answers `.fetchGatewayInfo`.
    case gatewayInfo(GatewayInfo)
    case gatewayInfoFailed(GatewayInfoFailure)
    /// Answers `.commit`, in order.
    case commitEnded(CommitID, CommitOutcome)
    /// Answers `.checkpoint`.
    case checkpointEnded(CommitOutcome)
    case request(RequestID, OperatorRequest)
    /// SIGTERM.
    case stopRequested
    /// The deadline passed.
    case tick
}

/// What the shell is to do, in this order.
public enum ClusterEffect: Hashable, Sendable {
    case tell(ConnectionID, CoordinatorMessage)
    /// Ends a stream (a refused or superseded worker).
    case disconnect(ConnectionID, reason: String)
    /// Hand to the writer, which commits in order.
    case commit(CommitID, [StoreWrite])
    /// Hand to the writer; at most one is open at a time.
    case checkpoint([CheckpointRow])
    /// At most one is open at a time.
    case fetchGatewayInfo
    case answer(RequestID, OperatorAnswer)
    /// For the log: a constant message and its facts.
    case note(ClusterNote)
    /// The machine has ended: deposed, or stopped as asked. Nothing is handled after it.
    case stop(StopReason)
}

public enum OperatorAnswer: Hashable, Sendable {
    case done(String)
    case refused(String)
    /// Of a `command`: it did not do what was asked, and this says why and whether anything of it was sent.
    case failed(CommandFailure)
}

public enum StopReason: Hashable, Sendable {
    case requested
    case deposed(String)
}

public struct ClusterNote: Hashable, Sendable {
    public enum Level: String, Hashable, Sendable { case debug, notice, warning, error }
    public var level: Level
    public var message: String
    public var detail: String

    public init(_ level: Level, _ message: String, detail: String = "") {
        self.level = level
        self.message = message
        self.detail = detail
    }
}
