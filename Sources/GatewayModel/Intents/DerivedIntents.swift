/// The intents that two lists of events need: see `Intents.derived(guild:direct:adding:)`.
public struct DerivedIntents: Hashable, Sendable {
    /// What IDENTIFY should carry: the derived intents and the added ones.
    public var intents: Intents
    /// The privileged ones that the events brought in, without those that were added by name: somebody must enable them in the developer portal, else
    /// Discord closes with 4014.
    public var privileged: Intents
    /// Listed events that need no intent: every session gets them.
    public var needless: EventSet
    /// Listed events that no intent gives where they are wanted. `check()` makes an error of them.
    public var undeliverable: [UndeliverableEvent]
    /// The types to deliver, of both lists, and READY and RESUMED: all others may be pruned.
    public var events: EventSet
}

/// An event that was asked for where it never comes.
public struct UndeliverableEvent: Hashable, Sendable {
    /// The event.
    public var type: EventType
    /// Where it was asked for.
    public var half: EventHalf
    /// The other half has an intent for it.
    public var comesInOtherHalf: Bool

    /// As `Intents.derived` makes it.
    public init(type: EventType, half: EventHalf, comesInOtherHalf: Bool) {
        self.type = type
        self.half = half
        self.comesInOtherHalf = comesInOtherHalf
    }
}

extension UndeliverableEvent: OperatorError {
    /// What was asked for, why it never comes, and what to do.
    public var explanation: (what: String, why: String, fix: String) {
        let list = self.half == .guild ? "guild events" : "direct message events"
        let other = self.half == .guild ? "direct message events" : "guild events"
        if self.comesInOtherHalf {
            return ("\(self.type) is among the \(list)", "no intent gives it there", "list it among the \(other)")
        }
        return (
            "\(self.type) is among the \(list)", "no event of this name is known, so no intent for it is",
            "check the spelling, or leave it out and give its intent by name: events of unknown types are delivered where nothing is pruned"
        )
    }
}

extension DerivedIntents {
    /// Throws the first event that could never come. A typing mistake would otherwise be a bot that waits for ever.
    public func check() throws(UndeliverableEvent) {
        if let first = self.undeliverable.first { throw first }
    }
}

extension Intents {
    /// Derives the intents for the events that a bot wants, so that it asks for no more.
    ///
    /// Each list looks only at intents of its half. Of several intents that give an event, the lowest that is not privileged is taken: THREAD_MEMBERS_UPDATE
    /// derives GUILDS, with which it comes for the bot itself only (for everyone, add `guildMembers`). GUILD_CREATE derives GUILDS alone: for complete member
    /// lists in it, add `guildPresences`. No event derives MESSAGE_CONTENT: add it.
    ///
    /// - Parameters:
    ///   - guild: wanted from guilds.
    ///   - direct: wanted from direct messages.
    ///   - adding: united with what is derived.
    public static func derived(guild: Set<EventType> = [], direct: Set<EventType> = [], adding: Intents = []) -> DerivedIntents {
        var derived = Intents()
        var needless = EventSet()
        var undeliverable: [UndeliverableEvent] = []
        let guildSet = EventSet(guild)
        let directSet = EventSet(direct)
        for (half, other, wanted) in [(EventHalf.guild, EventHalf.direct, guildSet), (.direct, .guild, directSet)] {
            for type in wanted.types {
                if type.needsNoIntent {
                    needless.insert(type)
                } else if let intent = type.intents(in: half).preferred {
                    derived.formUnion(intent)
                } else {
                    undeliverable.append(UndeliverableEvent(type: type, half: half, comesInOtherHalf: !type.intents(in: other).isEmpty))
                }
            }
        }
        return DerivedIntents(
            intents: derived.union(adding), privileged: derived.intersection(.privileged).subtracting(adding), needless: needless, undeliverable: undeliverable,
            events: guildSet.union(directSet).union([.ready, .resumed]))
    }

    /// The lowest that is not privileged, else the lowest.
    private var preferred: Intents? {
        let open = self.subtracting(.privileged)
        let bits = open.isEmpty ? self.rawValue : open.rawValue
        return bits == 0 ? nil : Intents(rawValue: bits & (~bits &+ 1))
    }
}
