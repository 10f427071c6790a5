import ClusterModel
import GatewayModel

extension PlannedPresence {
    init(decoding wire: Wire.Presence, _ field: String) throws(ControlProtocolError) {
        let revision = try WireCheck.number(wire.revision, "\(field).revision", in: 1...Int64.max)
        guard wire.activities.count <= WireLimits.activities else {
            throw .invalid(field: "\(field).activities", problem: "holds more than \(WireLimits.activities)")
        }
        var presence = Presence(
            since: wire.hasSince ? wire.since : nil, status: try Presence.Status(decoding: wire.status, "\(field).status"), afk: wire.afk)
        for activity in wire.activities { presence.activities.append(try Activity(decoding: activity, "\(field).activities")) }
        self.init(presence, revision: PresenceRevision(rawValue: revision))
    }

    var encoded: Wire.Presence {
        var wire = Wire.Presence()
        wire.revision = self.revision.rawValue
        if let since = self.presence.since { wire.since = since }
        wire.activities = self.presence.activities.map(\.encoded)
        wire.status = self.presence.status.encoded
        wire.afk = self.presence.afk
        return wire
    }
}

extension Activity {
    init(decoding wire: Wire.Activity, _ field: String) throws(ControlProtocolError) {
        self.init(
            name: try WireCheck.text(wire.name, "\(field).name", atMost: CommandLimits.maxPayloadBytes),
            kind: Kind(rawValue: Int(wire.type)),
            state: wire.hasState ? try WireCheck.text(wire.state, "\(field).state", atMost: CommandLimits.maxPayloadBytes) : nil,
            url: wire.hasURL ? try WireCheck.text(wire.url, "\(field).url", atMost: CommandLimits.maxPayloadBytes) : nil)
    }

    var encoded: Wire.Activity {
        var wire = Wire.Activity()
        wire.name = self.name
        wire.type = Int64(self.kind.rawValue)
        if let state = self.state { wire.state = state }
        if let url = self.url { wire.url = url }
        return wire
    }
}

extension Presence.Status {
    init(decoding wire: Wire.Status, _ field: String) throws(ControlProtocolError) {
        switch wire {
        case .online: self = .online
        case .dnd: self = .dnd
        case .idle: self = .idle
        case .invisible: self = .invisible
        case .offline: self = .offline
        case .unspecified: throw .missing(field: field)
        case .UNRECOGNIZED(let number): throw .invalid(field: field, problem: "is \(number), which this version does not know")
        }
    }

    var encoded: Wire.Status {
        switch self {
        case .online: .online
        case .dnd: .dnd
        case .idle: .idle
        case .invisible: .invisible
        case .offline: .offline
        }
    }
}
