import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around intents") struct IntentDefectTests {
    @Test("Defect 37: GUILD_CREATE derives GUILDS and nothing privileged") func defect37GuildCreate() {
        let derived = Intents.derived(guild: [.guildCreate])
        #expect(derived.intents == .guilds)
        #expect(derived.privileged.isEmpty)
    }

    @Test(
        "Defect 37: member events derive GUILD_MEMBERS, and say that it is privileged",
        arguments: [EventType.guildMemberAdd, .guildMemberUpdate, .guildMemberRemove])
    func defect37Members(type: EventType) {
        let derived = Intents.derived(guild: [type])
        #expect(derived.intents == .guildMembers)
        #expect(derived.privileged == .guildMembers)
    }

    @Test(
        "Defect 37: AutoMod, the audit log and polls derive their intents",
        arguments: [
            (EventType.autoModerationRuleCreate, Intents.autoModerationConfiguration), (.autoModerationActionExecution, .autoModerationExecution),
            (.guildAuditLogEntryCreate, .guildModeration), (.messagePollVoteAdd, .guildMessagePolls), (.messagePollVoteRemove, .guildMessagePolls),
        ])
    func defect37Newer(type: EventType, intent: Intents) {
        #expect(Intents.derived(guild: [type]).intents == intent)
    }

    @Test("Defect 37: MESSAGE_CONTENT can be had together with events, and never comes unasked") func defect37Content() {
        #expect(Intents.derived(guild: [.messageCreate], adding: .messageContent).intents == [.guildMessages, .messageContent])
        #expect(!Intents.derived(guild: Set(EventType.all), direct: Set(EventType.all)).intents.contains(.messageContent))
    }

    @Test("Defect 46: intents by name are accepted, alone and with events") func defect46Explicit() throws {
        #expect(try Intents(parsing: "GUILDS,GUILD_MESSAGES") == [.guilds, .guildMessages])
        #expect(Intents.derived(adding: [.guilds, .guildMessages]).intents == [.guilds, .guildMessages])
        #expect(Intents.derived(guild: [.typingStart], adding: .guilds).intents == [.guilds, .guildMessageTyping])
    }

    @Test("Defect 46: presence and voice updates have opcodes of their own") func defect46Opcodes() {
        #expect(GatewayOpcode.presenceUpdate.rawValue == 3)
        #expect(GatewayOpcode.voiceStateUpdate.rawValue == 4)
        #expect(GatewayOpcode.allCases.count { $0.rawValue == 0 } == 1)
    }
}
