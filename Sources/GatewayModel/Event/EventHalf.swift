/// The two places where an event can happen. Discord has intents for each of them.
public enum EventHalf: String, Hashable, Sendable, CaseIterable {
    /// In a guild: the event names one.
    case guild
    /// In direct messages. Ephemeral messages count as such.
    case direct
}
