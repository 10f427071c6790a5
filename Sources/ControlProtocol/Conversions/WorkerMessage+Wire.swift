public import ClusterModel
import GatewayModel

extension WorkerMessage {
    /// Reads what a worker sent, and checks every field.
    public init(decoding wire: Wire.WorkerEnvelope) throws(ControlProtocolError) {
        switch wire.message {
        case .hello(let hello): self = .hello(try WorkerHello(decoding: hello))
        case .renew(let renew):
            self = .renew(
                Renewal(
                    stamp: Instant(nanoseconds: renew.stamp), shards: try ShardReport.decoding(renew.shards, "renew.shards"),
                    acceptedEvents: Int(try WireCheck.number(renew.acceptedEvents, "renew.accepted_events", in: 0...Int64.max))))
        case .shard(let report): self = .shard(try ShardReport(decoding: report, "shard"))
        case .take(let take):
            self = .take(PermitID(rawValue: try WireCheck.id(take.permit, "take.permit")), stamp: Instant(nanoseconds: take.stamp))
        case .decline(let decline):
            self = .decline(
                PermitID(rawValue: try WireCheck.id(decline.permit, "decline.permit")), reason: try WireCheck.text(decline.reason, "decline.reason"))
        case .outcome(let result):
            self = .outcome(
                PermitID(rawValue: try WireCheck.id(result.permit, "outcome.permit")), try IdentifyOutcome(decoding: result.outcome, "outcome.outcome"))
        case .revoked(let report): self = .revoked(try ShardReport(decoding: report, "revoked"))
        case .notHeld(let lease): self = .notHeld(try ShardLease(decoding: lease, "not_held"))
        case .failed(let failed):
            let lease = try ShardLease(decoding: WireCheck.present(failed.lease, failed.hasLease, "failed.lease"), "failed.lease")
            self = .failed(lease, code: UInt16(try WireCheck.number(failed.code, "failed.code", in: 1000...4999)))
        case .goodbye(let goodbye):
            self = .goodbye(try ShardReport.decoding(goodbye.shards, "goodbye.shards"), returning: goodbye.returning)
        case .commandEnded(let report):
            let report = try CommandReport(decoding: report, "command_ended")
            guard let outcome = report.outcome else { throw .missing(field: "command_ended.outcome") }
            self = .commandEnded(report.ticket, outcome)
        case nil: throw .unknownMessage
        }
    }

    public var encoded: Wire.WorkerEnvelope {
        var wire = Wire.WorkerEnvelope()
        switch self {
        case .hello(let hello): wire.hello = hello.encoded
        case .renew(let renewal):
            wire.renew.stamp = renewal.stamp.nanoseconds
            wire.renew.shards = renewal.shards.map(\.encoded)
            wire.renew.acceptedEvents = Int64(renewal.acceptedEvents)
        case .shard(let report): wire.shard = report.encoded
        case .take(let permit, let stamp):
            wire.take.permit = permit.rawValue
            wire.take.stamp = stamp.nanoseconds
        case .decline(let permit, let reason):
            wire.decline.permit = permit.rawValue
            wire.decline.reason = reason.cutForWire
        case .outcome(let permit, let outcome):
            wire.outcome.permit = permit.rawValue
            wire.outcome.outcome = outcome.encoded
        case .revoked(let report): wire.revoked = report.encoded
        case .notHeld(let lease): wire.notHeld = lease.encoded
        case .commandEnded(let ticket, let outcome): wire.commandEnded = CommandReport(ticket: ticket, outcome: outcome).encoded
        case .failed(let lease, let code):
            wire.failed.lease = lease.encoded
            wire.failed.code = Int64(code)
        case .goodbye(let reports, let returning):
            wire.goodbye.shards = reports.map(\.encoded)
            wire.goodbye.returning = returning
        }
        return wire
    }
}

extension WorkerHello {
    /// A hello of another protocol version is read all the same: refusing it is the coordinator's decision.
    init(decoding wire: Muster_Control_V1_Hello) throws(ControlProtocolError) {
        self.init(
            protocolVersion: Int(try WireCheck.number(wire.protocolVersion, "hello.protocol_version", in: 0...Int64(Int32.max))),
            stableID: StableID(rawValue: try WireCheck.stableID(wire.stableID, "hello.stable_id")),
            incarnation: Incarnation(rawValue: try WireCheck.id(wire.incarnation, "hello.incarnation")),
            capacity: Int(try WireCheck.number(wire.capacity, "hello.capacity", in: 1...Int64(WireLimits.shards))),
            highestCoordinatorEpoch: CoordinatorEpoch(
                rawValue: try WireCheck.number(wire.highestCoordinatorEpoch, "hello.highest_coordinator_epoch", in: 0...Int64.max)),
            held: try ShardReport.decoding(wire.held, "hello.held"), commands: try CommandReport.decoding(wire.commands, "hello.commands"),
            stamp: Instant(nanoseconds: wire.stamp))
    }

    var encoded: Muster_Control_V1_Hello {
        var wire = Muster_Control_V1_Hello()
        wire.protocolVersion = Int64(self.protocolVersion)
        wire.stableID = self.stableID.rawValue
        wire.incarnation = self.incarnation.rawValue
        wire.capacity = Int64(self.capacity)
        wire.highestCoordinatorEpoch = self.highestCoordinatorEpoch.rawValue
        wire.held = self.held.map(\.encoded)
        wire.commands = self.commands.map(\.encoded)
        wire.stamp = self.stamp.nanoseconds
        return wire
    }
}
