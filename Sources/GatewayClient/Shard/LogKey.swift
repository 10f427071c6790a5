/// Every metadata key of this module, once.
enum LogKey {
    static let shard = "shard.id"
    static let event = "shard.event"
    static let reason = "reason"
    static let permit = "permit.id"
    static let failures = "gateway.failures"
}
