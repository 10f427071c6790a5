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
