import SimulatedGateway

/// Turns the machine's payloads into the bytes that Discord would send: `{"t":…,"s":…,"op":…,"d":…}`.
struct PayloadRenderer {
    private var lastEvent: SimulatedEvent?
    private var lastBody: [UInt8] = []

    /// - Parameter resumeURL: without query, for READY.
    mutating func render(_ payload: ServerPayload, machine: inout GatewayMachine, resumeURL: String) -> [UInt8] {
        switch payload {
        case .hello(let interval):
            return Array("{\"t\":null,\"s\":null,\"op\":10,\"d\":{\"heartbeat_interval\":\(interval),\"_trace\":[\"[\\\"muster-simulator\\\"]\"]}}".utf8)
        case .heartbeatACK: return Array("{\"t\":null,\"s\":null,\"op\":11,\"d\":null}".utf8)
        case .heartbeatRequest: return Array("{\"t\":null,\"s\":null,\"op\":1,\"d\":null}".utf8)
        case .reconnect: return Array("{\"t\":null,\"s\":null,\"op\":7,\"d\":null}".utf8)
        case .invalidSession(let resumable): return Array("{\"t\":null,\"s\":null,\"op\":9,\"d\":\(resumable)}".utf8)
        case .dispatch(let dispatch):
            var json = JSONBytes(reserving: 1024)
            json.raw("{\"t\":\"")
            json.raw(Self.names[Int(dispatch.event.type.rawValue)])
            json.raw("\",\"s\":")
            json.number(dispatch.sequence)
            json.raw(",\"op\":0,\"d\":")
            if dispatch.event.type == .ready {
                json.ready(dispatch.session, machine: &machine, resumeURL: resumeURL)
            } else {
                json.raw(self.body(of: dispatch.event, members: machine.configuration.membersPerGuild))
            }
            json.raw("}")
            return json.bytes
        }
    }

    /// Rendered once for all sessions that get the event.
    private mutating func body(of event: SimulatedEvent, members: Int) -> [UInt8] {
        if event == self.lastEvent { return self.lastBody }
        var json = JSONBytes(reserving: 1024 + Int(event.padding))
        json.body(of: event, members: members)
        self.lastEvent = event
        self.lastBody = json.bytes
        return json.bytes
    }

    private static let names: [[UInt8]] = SimulatedEventType.allCases.map { Array($0.name.utf8) }
}
