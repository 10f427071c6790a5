/// Bounds of the queues before a sink.
public struct SinkLimits: Hashable, Sendable {
    /// Bytes of lines that one shard may have waiting; from here on its socket is not read. What was already read and inflated still comes in.
    public var laneHighBytes = 8 << 20
    /// Its socket is read again once it has no more than this waiting.
    public var laneLowBytes = 2 << 20
    /// Whole lines handed to the sink at once, in bytes; one longer line goes alone.
    public var batchBytes = 1 << 20

    public init() {}
}
