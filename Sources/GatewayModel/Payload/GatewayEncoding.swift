/// How payloads are written, `encoding` of the gateway URL. Both ways alike; fixed for a connection.
public enum GatewayEncoding: String, Hashable, Codable, Sendable, CaseIterable {
    /// Text, or binary messages under compression.
    case json
    /// Erlang's external term format: binary messages.
    case etf
}
