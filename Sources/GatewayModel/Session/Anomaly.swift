/// The kinds of bad input that a shard meets and outlives. What a `ShardEvent.anomaly` says besides is for people.
public enum Anomaly: String, Hashable, Codable, Sendable, CaseIterable {
    /// Bytes that cannot be read: a broken frame, a compressed stream that makes no sense, no JSON or ETF, a payload without what it must have, one
    /// beyond `GatewayLimits`. The connection is left.
    case malformed
    /// HELLO again, on one connection. Ignored.
    case secondHello
    /// HELLO without a usable heartbeat interval. The connection is left.
    case unusableHello
    /// READY where none was asked for. The connection is left.
    case unexpectedReady
    /// A dispatch before READY, or before RESUME was sent. Dropped.
    case earlyDispatch
    /// A sequence that was received before, outside of a replay. Dropped.
    case sequenceBackwards
    /// A sequence that skips at least one. The connection is left, for a RESUME to bring what is missing.
    case sequenceJump
}
