import GatewayModel
import SimulatedGateway

/// A machine with a clock of its own and short words for what clients do.
struct Gateway {
    var machine: GatewayMachine
    var now = Instant(nanoseconds: 0)
    private var lastConnection: Int64 = 0

    /// - Parameter guilds: numbers; guild `n` is on shard `n % num_shards`.
    init(guilds: Range<UInt64> = 0..<8, _ change: (inout GatewayConfiguration) -> Void = { _ in }) {
        var configuration = GatewayConfiguration(guilds: guilds.map(Self.guild))
        change(&configuration)
        self.machine = GatewayMachine(configuration: configuration, at: self.now)
    }

    static func guild(_ number: UInt64) -> UInt64 { (number + 1000 * 16) << 22 }

    mutating func after(_ duration: Duration) -> [GatewayOutput] {
        self.now = self.now + duration
        return self.machine.handle(.timePassed, at: self.now)
    }

    mutating func handle(_ input: GatewayInput) -> [GatewayOutput] {
        self.machine.handle(input, at: self.now)
    }

    mutating func open(version: Int? = 10) -> (id: ConnectionID, outputs: [GatewayOutput]) {
        self.lastConnection += 1
        let id = ConnectionID(rawValue: self.lastConnection)
        return (id, self.handle(.connectionOpened(id, version: version)))
    }

    mutating func connect() -> ConnectionID { self.open().id }

    mutating func send(_ payload: ClientPayload, on id: ConnectionID) -> [GatewayOutput] {
        self.handle(.received(id, payload))
    }

    mutating func identify(
        _ id: ConnectionID, shard: Int = 0, of numShards: Int = 1, intents: UInt64 = Intents.guildMessages, token: String = "token"
    ) -> [GatewayOutput] {
        self.send(.identify(Identify(token: token, shard: shard, numShards: numShards, intents: intents)), on: id)
    }

    mutating func resume(_ id: ConnectionID, _ session: String, from sequence: Int64, token: String = "token") -> [GatewayOutput] {
        self.send(.resume(Resume(token: token, sessionID: session, sequence: sequence)), on: id)
    }

    /// A connection with a session; five seconds pass first, so that it may identify.
    mutating func live(shard: Int = 0, of numShards: Int = 1, intents: UInt64 = Intents.guildMessages) -> (connection: ConnectionID, session: String) {
        _ = self.after(.seconds(5))
        let id = self.connect()
        _ = self.identify(id, shard: shard, of: numShards, intents: intents)
        return (id, self.machine.sessionStatuses.last { $0.connection == id }!.sessionID)
    }

    @discardableResult
    mutating func publish(guild: UInt64, type: SimulatedEventType = .messageCreate) -> [GatewayOutput] {
        self.handle(.publish(EventDraft(type: type, guild: Self.guild(guild))))
    }

    @discardableResult
    mutating func end(_ id: ConnectionID, code: UInt16? = nil) -> [GatewayOutput] {
        self.handle(.connectionEnded(id, code.map { .closeFrame(code: $0) } ?? .transportEnded))
    }

    var ledger: [LedgerLine] { self.machine.ledger.lines(after: 0, limit: .max) }
    var violations: [Violation.Kind] { self.machine.violations.map(\.kind) }
}

extension [GatewayOutput] {
    /// `s` and type of each dispatch.
    var dispatches: [Sent] {
        self.compactMap {
            guard case .send(let id, .dispatch(let dispatch)) = $0 else { return nil }
            return Sent(connection: id, sequence: dispatch.sequence, type: dispatch.event.type, event: dispatch.event.id)
        }
    }

    var closes: [UInt16] {
        self.compactMap {
            guard case .close(_, let code) = $0 else { return nil }
            return code
        }
    }

    var hasInvalidSession: Bool {
        self.contains {
            guard case .send(_, .invalidSession(resumable: false)) = $0 else { return false }
            return true
        }
    }
}

struct Sent: Equatable {
    var connection: ConnectionID
    var sequence: Int64
    var type: SimulatedEventType
    var event: Int64
}
