/// Where one shard stands on its way to live, as its process sees it.
public enum ShardPhase: String, Hashable, Codable, Sendable, CaseIterable {
    /// Between connections: first dial not begun, or waiting out a backoff.
    case waiting
    /// Opening a socket, up to HELLO.
    case dialing
    /// RESUME sent, RESUMED not yet seen.
    case resuming
    /// No usable session: wants a permit to IDENTIFY. It holds none.
    case awaitingPermit
    /// A permit was offered or granted; up to READY.
    case identifying
    /// READY or RESUMED seen; events flow.
    case live
    /// Asked to stop; flushing and closing.
    case stopping
    /// A fatal close code ended it; nothing retries.
    case failed
}
