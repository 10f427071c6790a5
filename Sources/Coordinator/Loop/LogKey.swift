/// Metadata keys of this target, each spelled once.
enum LogKey {
    static let detail = "detail"
    static let reason = "reason"
    static let connection = "connection.id"
    static let peer = "peer.address"
    static let epoch = "coordinator.epoch"
    static let application = "application.id"
    static let address = "listen.address"
}
