import GatewayModel
import SimulatedGateway

/// An even stream of events over all guilds: mostly messages, with some edits and direct messages.
struct EventGenerator {
    /// At least 0.
    var eventsPerSecond: Double
    private let guilds: [UInt64]
    private var random: SplitMix
    private var owed = 0.0
    private var last: Instant

    init(eventsPerSecond: Double, guilds: [UInt64], seed: UInt64, at now: Instant) {
        self.eventsPerSecond = eventsPerSecond
        self.guilds = guilds
        self.random = SplitMix(state: seed)
        self.last = now
    }

    /// What happened since the last call. A pause of more than a second is not made up for.
    mutating func due(at now: Instant) -> [EventDraft] {
        self.owed += min(1, max(0, self.last.duration(to: now).inSeconds)) * self.eventsPerSecond
        self.last = now
        let count = Int(self.owed)
        self.owed -= Double(count)
        return (0..<count).map { _ in self.next() }
    }

    /// A message in a guild chosen by chance.
    mutating func message(padding: UInt32) -> EventDraft {
        EventDraft(type: .messageCreate, guild: self.guild(), padding: padding)
    }

    private mutating func next() -> EventDraft {
        switch self.random.next() % 200 {
        case 0: EventDraft(type: .messageCreate, guild: 0)
        case 1, 2: EventDraft(type: .messageUpdate, guild: self.guild())
        default: EventDraft(type: .messageCreate, guild: self.guild())
        }
    }

    private mutating func guild() -> UInt64 {
        self.guilds.isEmpty ? 0 : self.guilds[Int(self.random.next() % UInt64(self.guilds.count))]
    }
}
