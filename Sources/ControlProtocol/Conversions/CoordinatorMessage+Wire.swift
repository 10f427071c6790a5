public import ClusterModel
import Foundation
import GatewayModel

extension CoordinatorEnvelope {
    /// Reads what the coordinator sent, and checks every field.
    public init(decoding wire: Wire.CoordinatorEnvelope) throws(ControlProtocolError) {
        let epoch = CoordinatorEpoch(rawValue: try WireCheck.number(wire.epoch, "epoch", in: 0...Int64.max))
        let message: CoordinatorMessage
        switch wire.message {
        case .welcome(let welcome):
            message = .welcome(
                stamp: Instant(nanoseconds: welcome.stamp), isolation: try Isolation(decoding: welcome.isolation, "welcome.isolation"),
                dialsPerSecond: try WireCheck.dials(welcome.dialsPerSecond, "welcome.dials_per_second"))
        case .refused(let reason): message = .refused(try WireCheck.text(reason, "refused"))
        case .ack(let ack):
            message = .ack(
                stamp: Instant(nanoseconds: ack.stamp), isolation: try Isolation(decoding: ack.isolation, "ack.isolation"),
                dialsPerSecond: try WireCheck.dials(ack.dialsPerSecond, "ack.dials_per_second"))
        case .assign(let assign): message = .assign(try Assignment(decoding: assign))
        case .revoke(let revoke):
            let lease = try ShardLease(decoding: WireCheck.present(revoke.lease, revoke.hasLease, "revoke.lease"), "revoke.lease")
            message = .revoke(lease, try StopMode(decoding: revoke.mode, "revoke.mode"))
        case .offer(let offer):
            let lease = try ShardLease(decoding: WireCheck.present(offer.lease, offer.hasLease, "offer.lease"), "offer.lease")
            message = .offer(PermitID(rawValue: try WireCheck.id(offer.permit, "offer.permit")), lease)
        case .go(let permit): message = .go(PermitID(rawValue: try WireCheck.id(permit, "go")))
        case .stopApplication(let reason): message = .stopApplication(reason: try WireCheck.text(reason, "stop_application"))
        case .presence(let set):
            let lease = try ShardLease(decoding: WireCheck.present(set.lease, set.hasLease, "presence.lease"), "presence.lease")
            message = .presence(
                lease, try PlannedPresence(decoding: WireCheck.present(set.presence, set.hasPresence, "presence.presence"), "presence.presence"))
        case .command(let command): message = try CoordinatorMessage(decoding: command)
        case nil: throw .unknownMessage
        }
        self.init(epoch: epoch, message: message)
    }

    public var encoded: Wire.CoordinatorEnvelope {
        var wire = Wire.CoordinatorEnvelope()
        wire.epoch = self.epoch.rawValue
        switch self.message {
        case .welcome(let stamp, let isolation, let dialsPerSecond):
            wire.welcome.dialsPerSecond = Int64(dialsPerSecond)
            wire.welcome.stamp = stamp.nanoseconds
            wire.welcome.isolation = isolation.encoded
        case .refused(let reason): wire.refused = reason.cutForWire
        case .ack(let stamp, let isolation, let dialsPerSecond):
            wire.ack.dialsPerSecond = Int64(dialsPerSecond)
            wire.ack.stamp = stamp.nanoseconds
            wire.ack.isolation = isolation.encoded
        case .assign(let assignment): wire.assign = assignment.encoded
        case .revoke(let lease, let mode):
            wire.revoke.lease = lease.encoded
            wire.revoke.mode = mode.encoded
        case .offer(let permit, let lease):
            wire.offer.permit = permit.rawValue
            wire.offer.lease = lease.encoded
        case .go(let permit): wire.go = permit.rawValue
        case .stopApplication(let reason): wire.stopApplication = reason.cutForWire
        case .presence(let lease, let planned):
            wire.presence.lease = lease.encoded
            wire.presence.presence = planned.encoded
        case .command(let ticket, let lease, let command, let limit):
            wire.command.ticket = ticket.encoded
            wire.command.lease = lease.encoded
            wire.command.op = Int64(command.op)
            wire.command.data = Data(command.data.json)
            wire.command.limit = limit.inNanoseconds
        }
        return wire
    }
}

extension Assignment {
    init(decoding wire: Muster_Control_V1_Assign) throws(ControlProtocolError) {
        let lease = try ShardLease(decoding: WireCheck.present(wire.lease, wire.hasLease, "assign.lease"), "assign.lease")
        let numShards = Int(try WireCheck.number(wire.numShards, "assign.num_shards", in: 1...Int64(WireLimits.shards)))
        guard lease.key.shard.rawValue < numShards else {
            throw .invalid(field: "assign.lease.shard", problem: "is \(lease.key.shard), outside a shard set of \(numShards)")
        }
        var session: GatewaySession?
        if wire.hasSession { session = try GatewaySession(decoding: wire.session, "assign.session") }
        var presence: PlannedPresence?
        if wire.hasPresence { presence = try PlannedPresence(decoding: wire.presence, "assign.presence") }
        self.init(
            lease: lease, incarnation: Incarnation(rawValue: try WireCheck.id(wire.incarnation, "assign.incarnation")), numShards: numShards,
            session: session, application: ApplicationID(rawValue: try WireCheck.id(wire.application, "assign.application")),
            token: Secret(try WireCheck.text(wire.token, "assign.token", atMost: WireLimits.urlBytes)), intents: wire.intents,
            gatewayURL: try WireCheck.text(wire.gatewayURL, "assign.gateway_url", atMost: WireLimits.urlBytes), presence: presence,
            isPresenceShown: wire.presenceShown,
            identify: try IdentifyOptions(decoding: WireCheck.present(wire.identify, wire.hasIdentify, "assign.identify"), "assign.identify"))
    }

    var encoded: Muster_Control_V1_Assign {
        var wire = Muster_Control_V1_Assign()
        wire.lease = self.lease.encoded
        wire.incarnation = self.incarnation.rawValue
        wire.numShards = Int64(self.numShards)
        if let session = self.session { wire.session = session.encoded }
        wire.application = self.application.rawValue
        wire.token = self.token.revealed
        wire.intents = self.intents
        wire.gatewayURL = self.gatewayURL
        if let presence = self.presence { wire.presence = presence.encoded }
        wire.presenceShown = self.isPresenceShown
        wire.identify = self.identify.encoded
        return wire
    }
}
