/// How much may go out, and how much may wait. Source: Discord docs, Gateway › Rate Limiting and › Sending Events.
public struct CommandLimits: Hashable, Sendable {
    /// Commands of one shard that may wait; one more is refused with `CommandError.queueFull`.
    public var maxQueued: Int

    /// A hundred commands, which is most of a minute's, where nothing else is said.
    public init(maxQueued: Int = 100) {
        self.maxQueued = maxQueued
    }

    /// Bytes of one payload that Discord takes.
    public static let maxPayloadBytes = 4096

    /// Bytes of a presence payload: IDENTIFY has to hold it too, next to the token and the properties.
    package static let maxPresenceBytes = 2048
    /// Payloads of one connection in `window`: heartbeats, IDENTIFY and RESUME count as commands do. One more ends the connection.
    package static let payloads = 120
    package static let window = Duration.seconds(60)
    package static let presences = 5
    package static let presenceWindow = Duration.seconds(20)
    /// Discord counts when payloads arrive, and the first of a window may take longer to get there than the last: so we keep both windows longer.
    package static let margin = Duration.seconds(1)
    /// Commands in a window at least, where a server wants heartbeats so often that they alone come near the limit.
    package static let leastCommands = 10
    /// After which a connection that took nothing is tried again.
    package static let writeRetry = Duration.milliseconds(100)

    /// Heartbeats in a window. Discord's interval is about 41 s: 2.
    package static func beats(interval: Duration) -> Int {
        let interval = max(interval, .milliseconds(1)).inNanoseconds
        return Int((Self.window.inNanoseconds + interval - 1) / interval)
    }

    /// Commands in a window, where `others` payloads of other kinds went out in it: 115 at Discord's usual interval.
    ///
    /// Each heartbeat that is due is kept free twice, since Discord may ask for one at any time, and one payload for IDENTIFY or RESUME.
    /// Where it asked more often than that, what went out counts, and the heartbeats that are still due.
    package static func commands(beats: Int, others: Int) -> Int {
        max(Self.leastCommands, Self.payloads - max(2 * beats + 1, others + beats))
    }
}
