/// What one client process does against a sender.
struct ClientPlan: Codable, Hashable, Sendable {
    enum Delivery: String, Codable, Sendable {
        /// To a handler on the event loop.
        case inline
        /// To a handler that never sees MESSAGE_CREATE.
        case pruned
        /// Through a group to a handler on the event loop.
        case group
        /// Through `ShardGroup.events` to a task of the default executor.
        case sequence
    }

    var traffic: TrafficPlan
    var sender: SenderReady
    var delivery = Delivery.inline
    /// Directory of the certificate, with TLS.
    var certificate: String?
    /// For the memory of idle shards: how long nothing happens before it is read.
    var idleSeconds = 8.0

    /// Over all connections, READY included.
    var deliveriesUpToWarmUp: Int {
        self.traffic.connections * (self.delivery == .pruned ? 2 : self.traffic.warmUp + 1)
    }

    var deliveries: Int {
        self.traffic.connections * (self.delivery == .pruned ? 3 : self.traffic.events + 1)
    }

    var measuredEvents: Int { self.traffic.connections * (self.traffic.events - self.traffic.warmUp) }
    var measuredPayloadBytes: Int { self.traffic.connections * (self.sender.payloadBytes - self.sender.warmUpPayloadBytes) }
    /// WebSocket headers included, TLS not.
    var wireBytesPerEvent: Double {
        Double(self.sender.wireBytes - self.sender.warmUpWireBytes) / Double(self.traffic.events - self.traffic.warmUp)
    }
    var url: String { self.traffic.isTLS ? "wss://localhost:\(self.sender.port)/" : "ws://127.0.0.1:\(self.sender.port)/" }
}
