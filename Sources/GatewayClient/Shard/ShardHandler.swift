public import GatewayModel
public import NIOCore

/// One dispatch (op 0) as Discord sent it.
public struct GatewayDispatch: Sendable {
    /// Discord's `s`, contiguous within a session.
    public var sequence: Int64
    /// The session it belongs to.
    public var sessionID: String
    /// Discord's `t`, such as `MESSAGE_CREATE`. Unknown names are passed on.
    public var type: String
    /// Discord's `d`: exactly the bytes received.
    public var data: ByteBuffer

    public init(sequence: Int64, sessionID: String, type: String, data: ByteBuffer) {
        self.sequence = sequence
        self.sessionID = sessionID
        self.type = type
        self.data = data
    }
}

/// Receives what one shard produces. All calls come on that shard's event loop, in order, and must not block.
public protocol ShardHandler: Sendable {
    /// Takes one dispatch. `.pauseReading` stops reads of this shard's socket until `GatewayShard.resumeReading()`; heartbeats go on.
    func receive(_ dispatch: GatewayDispatch) -> Delivery
    func receive(_ event: ShardEvent)
}

public enum Delivery: Hashable, Sendable {
    case goOn, pauseReading
}
