/// Keys of log metadata, each spelled once.
enum LogKey {
    static let lease = "shard.lease"
    static let sink = "sink.name"
    static let count = "count"
    static let duration = "duration"
    static let reason = "reason"
    static let detail = "detail"
    static let incarnation = "worker.incarnation"
    static let stableID = "worker.stable_id"
    static let events = "events.accepted"
}
