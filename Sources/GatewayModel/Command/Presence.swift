/// How a bot appears. All four fields are always sent. Source: Discord docs, Gateway Events › Update Presence.
public struct Presence: Hashable, Sendable {
    /// When the bot went idle, in milliseconds since 1970 (UTC); `nil` when it is not idle.
    public var since: Int64?
    /// What it is doing. Discord shows the first, and no more than that to most users.
    public var activities: [Activity]
    /// The dot at the avatar.
    public var status: Status
    /// Whether Discord may treat the bot as away from the keyboard.
    public var afk: Bool

    /// Online and doing nothing, where nothing else is said.
    public init(since: Int64? = nil, activities: [Activity] = [], status: Status = .online, afk: Bool = false) {
        self.since = since
        self.activities = activities
        self.status = status
        self.afk = afk
    }

    /// The colour of the dot. Raw values are the names on the wire.
    public enum Status: String, Hashable, Codable, Sendable, CaseIterable {
        /// Green.
        case online
        /// Do not disturb: red.
        case dnd
        /// Away: yellow.
        case idle
        /// Shown as offline, though connected.
        case invisible
        /// Grey.
        case offline
    }

    /// `d` of op 3, and `presence` of IDENTIFY.
    public var data: PayloadValue {
        [
            "since": self.since.map { .integer($0) } ?? .null, "activities": .array(self.activities.map(\.data)), "status": .string(self.status.rawValue),
            "afk": .bool(self.afk),
        ]
    }
}
