/// How long a shard waits for what, at most. Sources: architecture.md 7, Discord docs where named.
enum SessionTiming {
    /// TCP, TLS and the upgrade.
    static let dial = Duration.seconds(5)
    /// From the upgrade to HELLO.
    static let hello = Duration.seconds(10)
    /// From `readyToIdentify` to the grant. A permit is valid for 2 s from then, so a later one would be useless.
    static let grant = Duration.seconds(10)
    /// From RESUME to the first dispatch.
    static let resume = Duration.seconds(15)
    /// From IDENTIFY to READY. Long, since giving up throws a spent IDENTIFY away; the permit's key is freed by its issuer before that.
    static let identify = Duration.seconds(60)
    /// From our close frame to the end of the connection.
    static let close = Duration.seconds(1)
    /// For the sink to take what it was given, and for a READY under way, when a hand-off was asked for.
    static let handOff = Duration.seconds(2)
    /// A connection that was live for less counts as a failure of the run of failures before it.
    static let steady = Duration.seconds(5)
    /// Heartbeat intervals are raised to this: with less, beats alone would break the limit of 120 payloads a minute many times over.
    static let shortestInterval = Duration.milliseconds(50)
    static let longestInterval = Duration.seconds(3600)
}
