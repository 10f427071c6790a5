/// One published event at one session, or at a shard that had none.
public struct LedgerLine: Hashable, Sendable {
    /// Rises by 1 from line to line, over restarts too.
    public var cursor: Int64
    /// `SimulatedEvent.id`.
    public var id: Int64
    /// Simulator time, which does not run while the simulator is down.
    public var atMilliseconds: Int64
    public var type: SimulatedEventType
    public var numShards: Int
    public var shard: Int
    /// `nil` unless `due`.
    public var session: SessionKey?
    /// `nil` unless `due`.
    public var sequence: Int64?
    public var status: Status

    public enum Status: UInt8, Hashable, Sendable {
        /// Queued on a session, delivered or replayable: it must arrive. Stays due when the session ends before that.
        case due = 0
        /// The shard had a session before and has none now, and no newer shard set had the event's shard ready: nobody can get it.
        case unowned = 1
        /// The shard's session was retired (client close 1000 or 1001), and no newer shard set had the event's shard ready yet.
        case declared = 2

        public var name: String {
            switch self {
            case .due: "due"
            case .unowned: "unowned"
            case .declared: "declared"
            }
        }
    }
}
