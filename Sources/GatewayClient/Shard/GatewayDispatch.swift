public import GatewayModel
public import NIOCore

/// One dispatch (op 0) as Discord sent it.
public struct GatewayDispatch: Sendable {
    /// Of which shard.
    public var shard: ShardID
    /// Size of that shard's set.
    public var numShards: Int
    /// Discord's `s`, contiguous within a session but for what was pruned.
    public var sequence: Int64
    /// The session it belongs to. With the sequence it names this event for ever.
    public var sessionID: String
    /// Discord's `t`. Unknown names are passed on.
    public var type: EventType
    /// How `data` is written.
    public var encoding: GatewayEncoding
    /// Discord's `d`: exactly the bytes received, checked to be well-formed.
    public var data: ByteBuffer

    /// For tests of handlers; the library makes its own.
    public init(
        shard: ShardID, numShards: Int, sequence: Int64, sessionID: String, type: EventType, encoding: GatewayEncoding = .json, data: ByteBuffer
    ) {
        self.shard = shard
        self.numShards = numShards
        self.sequence = sequence
        self.sessionID = sessionID
        self.type = type
        self.encoding = encoding
        self.data = data
    }
}
