/// Chooses shards by some of their properties. One that is left out matches every shard.
///
/// Where several matchers are given, a shard is chosen that satisfies any of them.
public struct ShardMatcher: Hashable, Codable, Sendable {
    /// Only this shard id, of whatever set.
    public var id: ShardID?
    /// Only shards of a set of this size.
    public var numShards: Int?
    /// Only the shard with this session.
    public var sessionID: String?

    /// What is left out matches every shard.
    public init(id: ShardID? = nil, numShards: Int? = nil, sessionID: String? = nil) {
        self.id = id
        self.numShards = numShards
        self.sessionID = sessionID
    }

    /// Exactly one shard.
    public init(_ shard: ShardIdentity) {
        self.init(id: shard.id, numShards: shard.numShards)
    }

    /// Every shard.
    public static let all = ShardMatcher()

    /// Whether all properties that are given are the shard's.
    public func matches(_ shard: ShardIdentity, sessionID: String?) -> Bool {
        if let id = self.id, id != shard.id { return false }
        if let numShards = self.numShards, numShards != shard.numShards { return false }
        if let wanted = self.sessionID, wanted != sessionID { return false }
        return true
    }

    /// Whether all properties that are given are the state's.
    public func matches(_ state: ShardState) -> Bool {
        self.matches(state.shard, sessionID: state.session?.sessionID)
    }
}

extension [ShardMatcher] {
    /// Whether any of them matches.
    package func matchAny(_ shard: ShardIdentity, sessionID: String?) -> Bool {
        self.contains { $0.matches(shard, sessionID: sessionID) }
    }
}
