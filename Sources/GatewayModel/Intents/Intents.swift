/// Discord's `intents` bit field: which events a session receives.
///
/// A change takes effect only with a new session. Source: Discord docs, Gateway › Gateway Intents.
public struct Intents: OptionSet, Hashable, Sendable {
    /// The bits as IDENTIFY carries them.
    public var rawValue: UInt64

    /// - Parameter rawValue: any bits; those that Discord does not define are `undefined`.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

extension Intents {
    /// Reads `GUILDS,GUILD_MESSAGES` (case and spaces do not matter) or one decimal number.
    public init(parsing text: String) throws(OperatorMistake) {
        let words = text.split(separator: ",").map { $0.filter { !$0.isWhitespace }.uppercased() }.filter { !$0.isEmpty }
        guard !words.isEmpty else {
            throw OperatorMistake(what: "no intents given", why: "Discord needs to know which events to send", fix: "name some, such as GUILDS,GUILD_MESSAGES")
        }
        if words.count == 1, let bits = UInt64(words[0]) {
            self.init(rawValue: bits)
            try self.check()
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

    /// Throws where there are bits that Discord does not define.
    public func check() throws(OperatorMistake) {
        guard self.undefined.isEmpty else {
            throw OperatorMistake(
                what: "intents \(self.rawValue) have undefined bits", why: "Discord answers them with close code 4013",
                fix: "remove the bits \(self.undefined.rawValue)")
        }
    }

    /// Names of the defined bits, by rising bit, joined by commas.
    public var names: String {
        Self.named.filter { self.contains($0.intent) }.map(\.name).joined(separator: ",")
    }

    /// The bits that Discord does not define: where there are any, it closes with 4013.
    public var undefined: Intents { self.subtracting(.all) }
}
