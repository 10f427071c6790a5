/// A text that must not be printed: a bot token. Every description is `<redacted>`.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself: for the wire only, never for a log.
    public let revealed: String

    /// Hides a text from every description from now on.
    public init(_ text: String) {
        self.revealed = text
    }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
