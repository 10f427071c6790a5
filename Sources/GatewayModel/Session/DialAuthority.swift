/// Until when a shard may dial, RESUME, IDENTIFY and emit. Checked at the instant of use; a timer firing is never authority.
public struct DialAuthority: Hashable, Sendable {
    /// Dialing, RESUME and IDENTIFY are allowed strictly before this instant. `nil`: without limit (a bot without a cluster).
    public var dialUntil: Instant?
    /// Events are passed on strictly before this instant. `nil`: without limit (no cluster, or isolation `hold`).
    public var emitUntil: Instant?

    /// `nil` is without end.
    public init(dialUntil: Instant?, emitUntil: Instant?) {
        self.dialUntil = dialUntil
        self.emitUntil = emitUntil
    }

    /// Of whoever needs to ask nobody.
    public static let unlimited = DialAuthority(dialUntil: nil, emitUntil: nil)

    /// Whether a socket may be opened.
    public func mayDial(at now: Instant) -> Bool {
        self.dialUntil.map { now < $0 } ?? true
    }

    /// Whether an event may be delivered.
    public func mayEmit(at now: Instant) -> Bool {
        self.emitUntil.map { now < $0 } ?? true
    }
}
