import GatewayModel
import Testing

@Suite("Intents derived from events") struct DerivedIntentsTests {
    @Test("are those of the table, each list in its own half") func halves() {
        #expect(Intents.derived(guild: [.messageCreate]).intents == .guildMessages)
        #expect(Intents.derived(direct: [.messageCreate]).intents == .directMessages)
        #expect(Intents.derived(guild: [.messageCreate], direct: [.typingStart]).intents == [.guildMessages, .directMessageTyping])
    }

    @Test(
        "are no more than an event takes",
        arguments: [
            (EventType.guildCreate, Intents.guilds), (.threadMembersUpdate, .guilds), (.channelPinsUpdate, .guilds), (.guildMemberAdd, .guildMembers),
            (.guildMemberUpdate, .guildMembers), (.guildMemberRemove, .guildMembers), (.presenceUpdate, .guildPresences),
            (.guildAuditLogEntryCreate, .guildModeration), (.autoModerationRuleUpdate, .autoModerationConfiguration),
            (.autoModerationActionExecution, .autoModerationExecution), (.messagePollVoteAdd, .guildMessagePolls),
        ])
    func one(type: EventType, intent: Intents) {
        #expect(Intents.derived(guild: [type]).intents == intent)
    }

    @Test("bring every event of the data file, in the half in which it was asked for") func complete() {
        for half in EventHalf.allCases {
            for type in EventType.all {
                let derived = half == .guild ? Intents.derived(guild: [type]) : Intents.derived(direct: [type])
                if type.needsNoIntent {
                    #expect(derived.needless == [type] && derived.intents.isEmpty && derived.undeliverable.isEmpty)
                } else if type.intents(in: half).isEmpty {
                    #expect(derived.undeliverable.map(\.type) == [type] && derived.intents.isEmpty)
                } else {
                    #expect(Intents.events(of: derived.intents, in: half).contains(type) && derived.undeliverable.isEmpty)
                    #expect(derived.intents.rawValue.nonzeroBitCount == 1)
                }
            }
        }
    }

    @Test("tell the privileged ones that events brought in, not those that were added by name") func privileged() {
        #expect(Intents.derived(guild: [.guildMemberAdd, .messageCreate]).privileged == .guildMembers)
        #expect(Intents.derived(guild: [.guildMemberAdd], adding: .guildMembers).privileged.isEmpty)
        #expect(Intents.derived(guild: [.messageCreate], adding: .messageContent).privileged.isEmpty)
    }

    @Test("are united with added ones") func added() {
        #expect(Intents.derived(guild: [.messageCreate], adding: .messageContent).intents == [.guildMessages, .messageContent])
        #expect(Intents.derived(adding: .guilds).intents == .guilds)
    }

    @Test("never come to MESSAGE_CONTENT by themselves") func content() {
        let everything = Intents.derived(guild: Set(EventType.all), direct: Set(EventType.all))
        #expect(everything.intents == Intents.all.subtracting(.messageContent))
        #expect(everything.privileged == [.guildMembers, .guildPresences])
    }

    @Test("report what can never come") func undeliverable() {
        let derived = Intents.derived(guild: [.ready, "MESSAGE_CREATED"], direct: [.guildCreate])
        #expect(derived.needless == [.ready])
        #expect(
            derived.undeliverable == [
                UndeliverableEvent(type: "MESSAGE_CREATED", half: .guild, comesInOtherHalf: false),
                UndeliverableEvent(type: .guildCreate, half: .direct, comesInOtherHalf: true),
            ])
        #expect(throws: derived.undeliverable[0]) { try derived.check() }
        #expect(throws: Never.self) { try Intents.derived(guild: [.messageCreate]).check() }
        #expect("\(derived.undeliverable[1])".contains("list it among the guild events"))
    }

    @Test("come with the events to deliver") func events() {
        #expect(Intents.derived(guild: [.messageCreate], direct: [.typingStart, "NEW"]).events == [.ready, .resumed, .messageCreate, .typingStart, "NEW"])
    }
}
