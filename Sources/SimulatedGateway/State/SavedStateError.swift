/// Why bytes are no saved gateway.
public enum SavedStateError: Error, Hashable, Sendable {
    /// They begin with something else, or are of another version.
    case notAState
    /// They end early, or hold what cannot be, at this offset.
    case damaged(at: Int)
}
