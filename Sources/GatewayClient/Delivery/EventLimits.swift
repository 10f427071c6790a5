/// How much may wait for a slow consumer. A shard that reaches one of its own limits, or that delivers while the group is at one of the group's, is no longer
/// read: its events wait at Discord. Reading goes on at half. Nothing is dropped.
///
/// A limit is passed by at most what one shard delivers in one go: one event.
public struct EventLimits: Hashable, Sendable {
    /// Events of one shard, at least 2.
    public var eventsPerShard: Int
    /// Bytes of the events of one shard, at least 2.
    public var bytesPerShard: Int
    /// Events of all shards together, at least 2.
    public var events: Int
    /// Bytes of the events of all shards together, at least 2.
    public var bytes: Int

    /// The defaults hold a few seconds of a busy bot.
    public init(eventsPerShard: Int = 4096, bytesPerShard: Int = 4 << 20, events: Int = 65_536, bytes: Int = 128 << 20) {
        self.eventsPerShard = eventsPerShard
        self.bytesPerShard = bytesPerShard
        self.events = events
        self.bytes = bytes
    }
}
