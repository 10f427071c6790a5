/// What happens to the gateway.
public enum GatewayInput: Hashable, Sendable {
    /// A WebSocket is open. `version`: the `v` of the query, `nil` where it was missing. Anything but 9 and 10 closes with 4012.
    case connectionOpened(ConnectionID, version: Int?)
    /// The connection is gone, or its close frame is here. Later inputs of it are ignored.
    case connectionEnded(ConnectionID, ClientEnd)
    case received(ConnectionID, ClientPayload)
    case timePassed
    case publish(EventDraft)
    case inject(Fault)
}
