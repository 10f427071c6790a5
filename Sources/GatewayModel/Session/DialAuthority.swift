/// Until when a shard may dial, RESUME, IDENTIFY and emit. Checked at the instant of use; a timer firing is never authority.
public struct DialAuthority: Hashable, Sendable {
    /// Dialing, RESUME and IDENTIFY are allowed strictly before this instant. `nil`: without limit (a bot without a cluster).
    public var dialUntil: Instant?
    /// Events are passed on strictly before this instant. `nil`: without limit (no cluster, or isolation `hold`).
    public var emitUntil: Instant?

    public init(dialUntil: Instant?, emitUntil: Instant?) {
        self.dialUntil = dialUntil
        self.emitUntil = emitUntil
    }

    public static let unlimited = DialAuthority(dialUntil: nil, emitUntil: nil)

    public func mayDial(at now: Instant) -> Bool {
        self.dialUntil.map { now < $0 } ?? true
    }

    public func mayEmit(at now: Instant) -> Bool {
        self.emitUntil.map { now < $0 } ?? true
    }
}
