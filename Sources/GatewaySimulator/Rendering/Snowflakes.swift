import SimulatedGateway

/// Ids of what the simulator shows, derived from event and guild numbers so that every replay shows the same.
enum Snowflakes {
    /// The bot's owner.
    static let owner: UInt64 = 1_100_000_000_000_000_777

    /// A message's id: unique by event, rising with it.
    static func message(event id: Int64) -> UInt64 {
        (300_000_000_000 + UInt64(id)) << 22
    }

    static func directChannel(user: UInt64) -> UInt64 { user + 7 }

    /// One of a thousand users.
    static func author(event id: Int64) -> UInt64 {
        SimulatedUser.id(ofUser: Int(id % 1000))
    }
}
