/// Op 0 on one session. The same event gives the same bytes on every session and at every replay; only `s` differs by session.
public struct Dispatch: Hashable, Sendable {
    public var session: SessionKey
    /// `s`, contiguous from 1 (READY) within the session.
    public var sequence: Int64
    public var event: SimulatedEvent

    public init(session: SessionKey, sequence: Int64, event: SimulatedEvent) {
        self.session = session
        self.sequence = sequence
        self.event = event
    }
}
