/// What a client meets at the resume URL.
public enum ResumeHost: String, Hashable, Sendable, CaseIterable {
    /// The gateway.
    case open
    /// TCP connections are refused: nobody listens.
    case refuses
    /// TCP connections are taken and end at once.
    case ends
    /// TCP connections are taken, and nothing ever comes.
    case silent
    /// The WebSocket opens, and HELLO never comes.
    case withoutHello = "without-hello"
}
