/// What a guild of the simulated Discord consists of; everything follows from its id.
public struct SimulatedGuild: Hashable, Sendable {
    public var id: UInt64

    public init(id: UInt64) {
        self.id = id
    }

    public var textChannel: UInt64 { self.id + 1 }
    /// The one voice channel.
    public var voiceChannel: UInt64 { self.id + 2 }
    /// The one soundboard sound.
    public var soundboardSound: UInt64 { self.id + 3 }
}

/// The users of the simulated Discord. Every guild's members are the bot (number 0) and the users from number 1 on.
public enum SimulatedUser {
    /// The bot's user, which is its application as well.
    public static let bot: UInt64 = 1_100_000_000_000_000_001

    /// The id of a member by its number.
    ///
    /// - Parameter number: at least 0; 0 is the bot.
    public static func id(ofMember number: Int) -> UInt64 {
        number == 0 ? self.bot : self.id(ofUser: number)
    }

    /// The username of a member by its number.
    public static func name(ofMember number: Int) -> String {
        number == 0 ? "muster" : "user\(number)"
    }

    /// The number of the member with an id; `nil`: nobody has it.
    public static func member(id: UInt64) -> Int? {
        if id == self.bot { return 0 }
        guard id > self.first, (id - self.first).isMultiple(of: self.step) else { return nil }
        return Int((id - self.first) / self.step)
    }

    /// The id of a user, of whom number 0 writes messages and is in no guild.
    public static func id(ofUser number: Int) -> UInt64 {
        self.first + UInt64(number) * self.step
    }

    private static let first: UInt64 = 1_000_000_000_000_000_000
    private static let step: UInt64 = 1_000_003
}
