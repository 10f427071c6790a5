public import GatewayModel

/// Chooses shards of a cluster by some of their properties, as an operator writes them: `worker=w1,phase=live`. One that is left out matches every shard.
///
/// Where several matchers are given, a shard is chosen that satisfies any of them.
public struct ShardRecordMatcher: Hashable, Sendable {
    /// Shard ids, from the first to the last.
    public var shards: ClosedRange<Int>?
    public var worker: StableID?
    public var phase: ShardPhase?
    public var sessionID: String?

    public init(shards: ClosedRange<Int>? = nil, worker: StableID? = nil, phase: ShardPhase? = nil, sessionID: String? = nil) {
        self.shards = shards
        self.worker = worker
        self.phase = phase
        self.sessionID = sessionID
    }

    /// Reads `KEY=VALUE`, several of them with commas between: `shard=3`, `shard=0-7`, `worker=w1`, `phase=live`, `session=ID`.
    public init(parsing text: String) throws(OperatorMistake) {
        self.init()
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw Self.bad(text, "`\(pair.prefix(50))` is not KEY=VALUE")
            }
            let value = String(parts[1])
            switch parts[0] {
            case "shard":
                guard let range = ShardRange(parsing: value) else {
                    throw Self.bad(text, "`\(value.prefix(50))` is neither a shard id nor a range such as 0-7")
                }
                self.shards = range.ids
            case "worker": self.worker = StableID(rawValue: value)
            case "phase":
                guard let phase = ShardPhase(rawValue: value) else {
                    throw Self.bad(text, "a phase is one of: \(ShardPhase.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                self.phase = phase
            case "session": self.sessionID = value
            default: throw Self.bad(text, "`\(parts[0].prefix(50))` is none of: shard, worker, phase, session")
            }
        }
    }

    public func matches(_ record: ShardRecord) -> Bool {
        if let shards = self.shards, !shards.contains(record.shard.rawValue) { return false }
        if let worker = self.worker, worker != record.worker { return false }
        if let phase = self.phase, phase != record.phase { return false }
        if let sessionID = self.sessionID, sessionID != record.session?.sessionID { return false }
        return true
    }

    private static func bad(_ text: String, _ why: String) -> OperatorMistake {
        OperatorMistake(what: "shards cannot be chosen by `\(text.prefix(100))`", why: why, fix: "write it as shard=0-7, worker=w1, or worker=w1,phase=live")
    }
}

extension [ShardRecord] {
    /// Those that any of the matchers chooses; all where there is none.
    public func matching(_ matchers: [ShardRecordMatcher]) -> [ShardRecord] {
        matchers.isEmpty ? self : self.filter { record in matchers.contains { $0.matches(record) } }
    }
}
