/// All that a shard takes along to another process, and what is known of it here. Codable, so that it can be sent there.
///
/// A state that a group gives out names the intents, the compression and the encoding with which the shard ran, and the next group keeps to them.
public struct ShardState: Hashable, Codable, Sendable {
    /// In `0..<numShards`.
    public var id: ShardID
    /// Size of the shard set, at least 1.
    public var numShards: Int
    /// RESUMEd first where there is one; its `sequence` is the last one that was taken here. `nil`: the shard IDENTIFYs.
    public var session: GatewaySession?
    /// The intents' bits; `nil`: those of whoever runs the shard.
    public var intents: UInt64?
    /// Of the connection; `nil`: that of whoever runs the shard.
    public var compression: GatewayCompression?
    /// Of the connection; `nil`: that of whoever runs the shard.
    public var encoding: GatewayEncoding?
    /// Where the shard stands. `waiting` for one that does not run; `failed` for one that a close code ended.
    public var phase: ShardPhase
    /// When dispatches were last accepted, in milliseconds since 1970; `nil`: none was here.
    public var lastEventAtMilliseconds: Int64?

    /// A shard without a session IDENTIFYs.
    public init(
        id: ShardID, numShards: Int, session: GatewaySession? = nil, intents: UInt64? = nil, compression: GatewayCompression? = nil,
        encoding: GatewayEncoding? = nil, phase: ShardPhase = .waiting, lastEventAtMilliseconds: Int64? = nil
    ) {
        self.id = id
        self.numShards = numShards
        self.session = session
        self.intents = intents
        self.compression = compression
        self.encoding = encoding
        self.phase = phase
        self.lastEventAtMilliseconds = lastEventAtMilliseconds
    }

    /// Which shard it is.
    public var shard: ShardIdentity { ShardIdentity(id: self.id, numShards: self.numShards) }

    /// All shards of a set, none with a session.
    public static func all(of numShards: Int) -> [ShardState] {
        (0..<numShards).map { ShardState(id: ShardID($0), numShards: numShards) }
    }
}
