/// What the shell does, in order.
public enum GatewayOutput: Hashable, Sendable {
    case send(ConnectionID, ServerPayload)
    /// Close frame, then TCP ends. The machine has forgotten the connection already.
    case close(ConnectionID, code: UInt16)
    /// TCP ends without close frame. The machine has forgotten the connection already.
    case cut(ConnectionID, TransportCut)
}
