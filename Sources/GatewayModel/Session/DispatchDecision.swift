/// What becomes of one dispatch: the answer of the hot path, which allocates nothing.
public enum DispatchDecision: Hashable, Sendable {
    /// Next in order: hand it to the holder.
    case deliver
    /// A repeat that the replay of a RESUME brought along, or a dispatch after the end of reading: drop it silently.
    case drop
    /// Anything else: ask `handle(.dispatch(sequence:))`.
    case handle
}
