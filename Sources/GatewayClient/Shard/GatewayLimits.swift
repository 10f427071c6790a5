public import GatewayModel

/// Bounds on what a server may make us hold. Beyond one: an anomaly, close 4000, RESUME with backoff.
public struct GatewayLimits: Hashable, Sendable {
    /// Bytes of one message on the wire, fragments together.
    public var maxMessageBytes: Int
    /// Bytes of one message after inflation.
    public var maxInflatedBytes: Int
    /// Of commands that wait.
    public var commands: CommandLimits

    /// Bounds that no payload of Discord's comes near, where nothing else is said.
    public init(maxMessageBytes: Int = 32 << 20, maxInflatedBytes: Int = 64 << 20, commands: CommandLimits = CommandLimits()) {
        self.maxMessageBytes = maxMessageBytes
        self.maxInflatedBytes = maxInflatedBytes
        self.commands = commands
    }
}
