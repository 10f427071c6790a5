import GatewayModel

/// A gateway session: what READY promised, and what a RESUME can still have.
struct Session: Hashable, Sendable {
    let key: SessionKey
    let id: String
    let shard: Int
    let numShards: Int
    let intents: UInt64
    /// As its IDENTIFY asked; holds for every later connection.
    let compress: Bool
    /// The last one that counted.
    var presence: SimulatedPresence?
    /// Presences of the last 20 s that counted, oldest first.
    var presenceArrivals: [Instant] = []
    var buffer: ReplayBuffer
    var state: State

    enum State: Hashable, Sendable {
        case attached(ConnectionID)
        case detached(since: Instant)
    }

    var connection: ConnectionID? {
        switch self.state {
        case .attached(let connection): connection
        case .detached: nil
        }
    }

    func takes(_ event: SimulatedEvent) -> Bool {
        let wanted = event.type.intents(inGuild: event.guild != 0)
        return wanted == 0 || self.intents & wanted != 0
    }
}
