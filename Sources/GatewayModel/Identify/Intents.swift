/// Discord's `intents` bit field: which events a session receives. Source: Discord docs, Gateway › Gateway Intents.
public struct Intents: OptionSet, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public static let guilds = Intents(rawValue: 1 << 0)
    /// Privileged: must be enabled (and for large bots approved) in the developer portal, else close 4014.
    public static let guildMembers = Intents(rawValue: 1 << 1)
    public static let guildModeration = Intents(rawValue: 1 << 2)
    public static let guildExpressions = Intents(rawValue: 1 << 3)
    public static let guildIntegrations = Intents(rawValue: 1 << 4)
    public static let guildWebhooks = Intents(rawValue: 1 << 5)
    public static let guildInvites = Intents(rawValue: 1 << 6)
    public static let guildVoiceStates = Intents(rawValue: 1 << 7)
    /// Privileged: must be enabled (and for large bots approved) in the developer portal, else close 4014.
    public static let guildPresences = Intents(rawValue: 1 << 8)
    public static let guildMessages = Intents(rawValue: 1 << 9)
    public static let guildMessageReactions = Intents(rawValue: 1 << 10)
    public static let guildMessageTyping = Intents(rawValue: 1 << 11)
    public static let directMessages = Intents(rawValue: 1 << 12)
    public static let directMessageReactions = Intents(rawValue: 1 << 13)
    public static let directMessageTyping = Intents(rawValue: 1 << 14)
    /// Privileged: must be enabled (and for large bots approved) in the developer portal, else close 4014.
    public static let messageContent = Intents(rawValue: 1 << 15)
    public static let guildScheduledEvents = Intents(rawValue: 1 << 16)
    public static let autoModerationConfiguration = Intents(rawValue: 1 << 20)
    public static let autoModerationExecution = Intents(rawValue: 1 << 21)
    public static let guildMessagePolls = Intents(rawValue: 1 << 24)
    public static let directMessagePolls = Intents(rawValue: 1 << 25)

    /// Every intent with the name that configuration uses, by rising bit.
    public static let named: [(name: String, intent: Intents)] = [
        ("GUILDS", .guilds),
        ("GUILD_MEMBERS", .guildMembers),
        ("GUILD_MODERATION", .guildModeration),
        ("GUILD_EXPRESSIONS", .guildExpressions),
        ("GUILD_INTEGRATIONS", .guildIntegrations),
        ("GUILD_WEBHOOKS", .guildWebhooks),
        ("GUILD_INVITES", .guildInvites),
        ("GUILD_VOICE_STATES", .guildVoiceStates),
        ("GUILD_PRESENCES", .guildPresences),
        ("GUILD_MESSAGES", .guildMessages),
        ("GUILD_MESSAGE_REACTIONS", .guildMessageReactions),
        ("GUILD_MESSAGE_TYPING", .guildMessageTyping),
        ("DIRECT_MESSAGES", .directMessages),
        ("DIRECT_MESSAGE_REACTIONS", .directMessageReactions),
        ("DIRECT_MESSAGE_TYPING", .directMessageTyping),
        ("MESSAGE_CONTENT", .messageContent),
        ("GUILD_SCHEDULED_EVENTS", .guildScheduledEvents),
        ("AUTO_MODERATION_CONFIGURATION", .autoModerationConfiguration),
        ("AUTO_MODERATION_EXECUTION", .autoModerationExecution),
        ("GUILD_MESSAGE_POLLS", .guildMessagePolls),
        ("DIRECT_MESSAGE_POLLS", .directMessagePolls),
    ]

    /// Every bit that Discord defines; any other leads to close 4013.
    public static let all = Self.named.reduce(into: Intents()) { $0.formUnion($1.intent) }
}

extension Intents {
    /// Reads `GUILDS,GUILD_MESSAGES` (case and spaces do not matter) or one decimal number.
    public init(parsing text: String) throws(OperatorMistake) {
        let words = text.split(separator: ",").map { $0.filter { !$0.isWhitespace }.uppercased() }.filter { !$0.isEmpty }
        guard !words.isEmpty else {
            throw OperatorMistake(what: "no intents given", why: "Discord needs to know which events to send", fix: "name some, such as GUILDS,GUILD_MESSAGES")
        }
        if words.count == 1, let bits = UInt64(words[0]) {
            try self.init(checking: Intents(rawValue: bits))
            return
        }
        var intents = Intents()
        for word in words {
            guard let known = Self.named.first(where: { $0.name == word }) else {
                throw OperatorMistake(
                    what: "unknown intent \(word)", why: "Discord defines no such intent",
                    fix: "use names out of \(Self.named.map(\.name).joined(separator: ", ")), or one number")
            }
            intents.formUnion(known.intent)
        }
        self = intents
    }

    private init(checking intents: Intents) throws(OperatorMistake) {
        let undefined = intents.subtracting(.all)
        guard undefined.isEmpty else {
            throw OperatorMistake(
                what: "intents \(intents.rawValue) have undefined bits", why: "Discord answers them with close code 4013",
                fix: "remove the bits \(undefined.rawValue)")
        }
        self = intents
    }

    /// Names of the defined bits, by rising bit, joined by commas.
    public var names: String {
        Self.named.filter { self.contains($0.intent) }.map(\.name).joined(separator: ",")
    }
}
