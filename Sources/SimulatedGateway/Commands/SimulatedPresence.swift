/// What a bot shows of itself: `d` of op 3, or `presence` of an IDENTIFY.
public struct SimulatedPresence: Hashable, Sendable {
    /// Milliseconds since 1970; `nil`: not idle.
    public var since: Int64?
    public var activities: [Activity]
    public var status: Status
    public var isAFK: Bool

    public enum Status: String, Hashable, Sendable, CaseIterable {
        case online, dnd, idle, invisible, offline
    }

    /// The fields of an activity that a bot may set.
    public struct Activity: Hashable, Sendable {
        public var name: String
        /// 0 to 5.
        public var type: Int
        public var state: String?
        public var url: String?

        public init(name: String, type: Int, state: String? = nil, url: String? = nil) {
            self.name = name
            self.type = type
            self.state = state
            self.url = url
        }
    }

    public init(since: Int64? = nil, activities: [Activity] = [], status: Status = .online, isAFK: Bool = false) {
        self.since = since
        self.activities = activities
        self.status = status
        self.isAFK = isAFK
    }
}
