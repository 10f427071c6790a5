/// What a sender prints, as one line of JSON, once everything is built and it listens.
struct SenderReady: Codable, Hashable, Sendable {
    var port: Int
    /// Of one connection after the upgrade.
    var wireBytes: Int
    /// Up to the end of the warm-up.
    var warmUpWireBytes: Int
    var helloBytes: Int
    /// Of all events of one connection, before compression.
    var payloadBytes: Int
    var warmUpPayloadBytes: Int
}
