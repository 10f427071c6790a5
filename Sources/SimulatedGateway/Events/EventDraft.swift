/// An event to publish; the machine gives it its id.
public struct EventDraft: Hashable, Sendable {
    public var type: SimulatedEventType
    /// The guild it happens in; 0: none.
    public var guild: UInt64
    /// Bytes to pad the payload with, in `0...16_777_216`.
    public var padding: UInt32

    public init(type: SimulatedEventType = .messageCreate, guild: UInt64, padding: UInt32 = 0) {
        self.type = type
        self.guild = guild
        self.padding = padding
    }
}
