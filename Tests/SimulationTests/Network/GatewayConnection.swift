import GatewayModel
import SimulatedGateway

/// A WebSocket of one shard to Discord.
final class GatewayConnection {
    enum Up {
        case payload(ClientPayload, sentAt: Int64)
        case close(code: UInt16)
        case end
    }
    enum Down {
        case payload(ServerPayload)
        case close(code: UInt16)
        case end
    }

    let id: Int
    let process: Int
    let run: Int
    var up = Pipe<Up>()
    var down = Pipe<Down>()
    /// Upgraded, and not yet ended, at this end.
    var clientOpen = false
    var gatewayOpen = false
    /// The client dropped it before the dial was over.
    var isAbandoned = false
    /// The shard gave it up: nothing of it reaches the shard any more.
    var wasDropped = false
    /// The client sent a close frame and waits for the end.
    var isClosing = false
    /// The client reads nothing for now.
    var isPaused = false
    var unread: [Down] = []
    /// The session it is attached to, by its record.
    var session: Int?

    init(id: Int, process: Int, run: Int) {
        self.id = id
        self.process = process
        self.run = run
    }

    var gatewayID: SimulatedGateway.ConnectionID { SimulatedGateway.ConnectionID(rawValue: Int64(self.id)) }
}
