/// How a shard's connection is to end when we end it.
public enum StopMode: String, Hashable, Codable, Sendable, CaseIterable {
    /// Stop reading, flush to the sink, close with 4000: another host resumes the session.
    case handOff
    /// The session is retired for ever (a re-shard): close with 1000, the only place where that code is sent.
    case retire
    /// Authority ran out: close with 4000 at once and accept nothing more.
    case fence
}
