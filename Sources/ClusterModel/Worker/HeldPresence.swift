import GatewayModel

/// What one shard shows under one lease, as far as it is known.
struct HeldPresence: Hashable, Sendable {
    /// The newest that the coordinator told; `nil`: nothing was ever set.
    private(set) var wanted: PlannedPresence?
    /// What every session of this lease shows or begins with.
    private(set) var shown: PresenceRevision
    /// Given to the shard, and not yet answered.
    private var isWaiting = false
    /// When `shown` was written. Discord confirms nothing: what a connection took just before it broke may not have arrived.
    private var writtenAt: Instant?

    /// A connection that is dead without a word is found out sooner: two heartbeats.
    static let doubt = Duration.seconds(120)

    /// A session that is resumed goes on showing what it showed; one that begins starts with what the assignment says.
    init(_ assignment: Assignment) {
        self.wanted = assignment.presence
        let isShown = assignment.session == nil || assignment.isPresenceShown
        self.shown = isShown ? assignment.presence?.revision ?? .none : .none
        self.isWaiting = !isShown && self.wanted != nil
    }

    /// What the shard is given when it starts; `nil`: it needs nothing.
    var toShowFirst: PlannedPresence? { self.isWaiting ? self.wanted : nil }

    /// What the session shows for certain, wherever it goes on.
    var certain: PresenceRevision { self.writtenAt == nil ? self.shown : .none }

    /// - Returns: what to give to the shard; `nil`: it has it.
    mutating func told(_ planned: PlannedPresence) -> PlannedPresence? {
        guard planned != self.wanted || (!self.isWaiting && self.shown != planned.revision) else { return nil }
        self.wanted = planned
        self.isWaiting = true
        return planned
    }

    /// - Returns: whether there is something to report.
    mutating func ended(_ revision: PresenceRevision, isShown: Bool, at now: Instant) -> Bool {
        // An earlier one, whose place a later one took.
        guard self.isWaiting, self.wanted?.revision == revision else { return false }
        self.isWaiting = false
        guard isShown else { return false }
        self.shown = revision
        self.writtenAt = now
        return true
    }

    /// - Returns: what may have been lost with the connection before.
    mutating func resumed() -> PlannedPresence? {
        guard self.writtenAt != nil, !self.isWaiting, let wanted = self.wanted else { return nil }
        self.shown = .none
        self.isWaiting = true
        return wanted
    }

    mutating func timePassed(to now: Instant) {
        if let writtenAt, now >= writtenAt + Self.doubt { self.writtenAt = nil }
    }
}
