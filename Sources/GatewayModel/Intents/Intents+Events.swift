extension Intents {
    /// The events that a session with any of these intents gets in one half, without those that need no intent.
    ///
    /// MESSAGE_CONTENT gives no event of its own. Events under permissions (AutoMod, audit log, bans, invites) need those as well.
    public static func events(of intents: Intents, in half: EventHalf) -> EventSet {
        EventSet(EventType.all.filter { !$0.intents(in: half).isDisjoint(with: intents) })
    }

    /// The events that a session with any of these intents gets, in guilds or in direct messages, without those that need no intent.
    public static func events(of intents: Intents) -> EventSet {
        Self.events(of: intents, in: .guild).union(Self.events(of: intents, in: .direct))
    }
}

extension EventType {
    /// The intents each of which gives it in one half; empty where none does, and for types that Discord does not document.
    public func intents(in half: EventHalf) -> Intents {
        switch half {
        case .guild: self.facts?.guild ?? []
        case .direct: self.facts?.direct ?? []
        }
    }

    /// Whether every session gets it, whatever its intents: READY, INTERACTION_CREATE, answers to requests, and more. `false` for types that Discord does
    /// not document.
    ///
    /// GUILD_MEMBER_UPDATE of the bot's own member comes without intent too; it counts as in need of GUILD_MEMBERS.
    public var needsNoIntent: Bool {
        self.facts.map { $0.guild.isEmpty && $0.direct.isEmpty } ?? false
    }
}
