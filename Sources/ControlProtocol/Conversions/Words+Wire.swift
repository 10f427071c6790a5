import ClusterModel
import GatewayModel

extension ShardLease {
    init(decoding wire: Wire.Lease, _ field: String) throws(ControlProtocolError) {
        let generation = try WireCheck.number(wire.generation, "\(field).generation", in: 1...Int64(Int32.max))
        let shard = try WireCheck.number(wire.shard, "\(field).shard", in: 0...Int64(WireLimits.shards - 1))
        let epoch = try WireCheck.number(wire.epoch, "\(field).epoch", in: 0...Int64.max)
        self.init(
            key: ShardKey(generation: Generation(rawValue: Int(generation)), shard: ShardID(Int(shard))), epoch: AssignmentEpoch(rawValue: epoch))
    }

    var encoded: Wire.Lease {
        var wire = Wire.Lease()
        wire.generation = Int64(self.key.generation.rawValue)
        wire.shard = Int64(self.key.shard.rawValue)
        wire.epoch = self.epoch.rawValue
        return wire
    }
}

extension GatewaySession {
    init(decoding wire: Wire.Session, _ field: String) throws(ControlProtocolError) {
        self.init(
            sessionID: try WireCheck.id(wire.sessionID, "\(field).session_id"),
            resumeGatewayURL: try WireCheck.text(wire.resumeGatewayURL, "\(field).resume_gateway_url", atMost: WireLimits.urlBytes),
            sequence: try WireCheck.number(wire.sequence, "\(field).sequence", in: 0...Int64.max))
    }

    var encoded: Wire.Session {
        var wire = Wire.Session()
        wire.sessionID = self.sessionID
        wire.resumeGatewayURL = self.resumeGatewayURL
        wire.sequence = self.sequence
        return wire
    }
}

extension ShardReport {
    init(decoding wire: Wire.Report, _ field: String) throws(ControlProtocolError) {
        let lease = try ShardLease(decoding: WireCheck.present(wire.lease, wire.hasLease, "\(field).lease"), "\(field).lease")
        let phase = try ShardPhase(decoding: wire.phase, "\(field).phase")
        var session: GatewaySession?
        if wire.hasSession { session = try GatewaySession(decoding: wire.session, "\(field).session") }
        let presence = try WireCheck.number(wire.presence, "\(field).presence", in: 0...Int64.max)
        self.init(lease: lease, phase: phase, session: session, presence: PresenceRevision(rawValue: presence))
    }

    var encoded: Wire.Report {
        var wire = Wire.Report()
        wire.lease = self.lease.encoded
        wire.phase = self.phase.encoded
        if let session = self.session { wire.session = session.encoded }
        wire.presence = self.presence.rawValue
        return wire
    }

    static func decoding(_ reports: [Wire.Report], _ field: String) throws(ControlProtocolError) -> [ShardReport] {
        guard reports.count <= WireLimits.reports else { throw .invalid(field: field, problem: "holds more than \(WireLimits.reports) shards") }
        var decoded: [ShardReport] = []
        decoded.reserveCapacity(reports.count)
        for report in reports { decoded.append(try ShardReport(decoding: report, field)) }
        return decoded
    }
}

extension ShardPhase {
    init(decoding wire: Wire.Phase, _ field: String) throws(ControlProtocolError) {
        switch wire {
        case .waiting: self = .waiting
        case .dialing: self = .dialing
        case .resuming: self = .resuming
        case .awaitingPermit: self = .awaitingPermit
        case .identifying: self = .identifying
        case .live: self = .live
        case .stopping: self = .stopping
        case .failed: self = .failed
        case .unspecified: throw .missing(field: field)
        case .UNRECOGNIZED(let number): throw .invalid(field: field, problem: "is \(number), which this version does not know")
        }
    }

    var encoded: Wire.Phase {
        switch self {
        case .waiting: .waiting
        case .dialing: .dialing
        case .resuming: .resuming
        case .awaitingPermit: .awaitingPermit
        case .identifying: .identifying
        case .live: .live
        case .stopping: .stopping
        case .failed: .failed
        }
    }
}

extension Isolation {
    init(decoding wire: Wire.Isolation, _ field: String) throws(ControlProtocolError) {
        switch wire {
        case .fence: self = .fence
        case .hold: self = .hold
        case .unspecified: throw .missing(field: field)
        case .UNRECOGNIZED(let number): throw .invalid(field: field, problem: "is \(number), which this version does not know")
        }
    }

    var encoded: Wire.Isolation {
        switch self {
        case .fence: .fence
        case .hold: .hold
        }
    }
}

extension StopMode {
    init(decoding wire: Wire.StopMode, _ field: String) throws(ControlProtocolError) {
        switch wire {
        case .handOff: self = .handOff
        case .retire: self = .retire
        case .fence: self = .fence
        case .unspecified: throw .missing(field: field)
        case .UNRECOGNIZED(let number): throw .invalid(field: field, problem: "is \(number), which this version does not know")
        }
    }

    var encoded: Wire.StopMode {
        switch self {
        case .handOff: .handOff
        case .retire: .retire
        case .fence: .fence
        }
    }
}

extension IdentifyOutcome {
    init(decoding wire: Wire.Outcome, _ field: String) throws(ControlProtocolError) {
        switch wire {
        case .ready: self = .ready
        case .invalidSession: self = .invalidSession
        case .closed: self = .closed
        case .notSent: self = .notSent
        case .unknown: self = .unknown
        case .unspecified: throw .missing(field: field)
        case .UNRECOGNIZED(let number): throw .invalid(field: field, problem: "is \(number), which this version does not know")
        }
    }

    var encoded: Wire.Outcome {
        switch self {
        case .ready: .ready
        case .invalidSession: .invalidSession
        case .closed: .closed
        case .notSent: .notSent
        case .unknown: .unknown
        }
    }
}
