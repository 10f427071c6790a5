import ClusterModel
import GatewayModel

extension CommandTicket {
    init(decoding wire: Wire.Ticket, _ field: String) throws(ControlProtocolError) {
        self.init(
            epoch: CoordinatorEpoch(rawValue: try WireCheck.number(wire.epoch, "\(field).epoch", in: 0...Int64.max)),
            number: try WireCheck.number(wire.number, "\(field).number", in: 1...Int64.max))
    }

    var encoded: Wire.Ticket {
        var wire = Wire.Ticket()
        wire.epoch = self.epoch.rawValue
        wire.number = self.number
        return wire
    }
}

extension CommandReport {
    init(decoding wire: Wire.CommandReport, _ field: String) throws(ControlProtocolError) {
        var outcome: ForwardOutcome?
        if wire.hasOutcome { outcome = try ForwardOutcome(decoding: wire.outcome, "\(field).outcome") }
        self.init(ticket: try CommandTicket(decoding: WireCheck.present(wire.ticket, wire.hasTicket, "\(field).ticket"), "\(field).ticket"), outcome: outcome)
    }

    var encoded: Wire.CommandReport {
        var wire = Wire.CommandReport()
        wire.ticket = self.ticket.encoded
        if let outcome = self.outcome { wire.outcome = outcome.encoded }
        return wire
    }

    static func decoding(_ reports: [Wire.CommandReport], _ field: String) throws(ControlProtocolError) -> [CommandReport] {
        guard reports.count <= WireLimits.commands else { throw .invalid(field: field, problem: "holds more than \(WireLimits.commands)") }
        var decoded: [CommandReport] = []
        for report in reports { decoded.append(try CommandReport(decoding: report, field)) }
        return decoded
    }
}

extension ForwardOutcome {
    init(decoding wire: Wire.CommandOutcome, _ field: String) throws(ControlProtocolError) {
        switch wire.outcome {
        case .sent: self = .sent
        case .notSent: self = .notSent
        case .notHeld: self = .notHeld
        case .rateLimited(let nanoseconds):
            self = .rateLimited(retryAfter: .nanoseconds(try WireCheck.number(nanoseconds, "\(field).rate_limited", in: 0...Int64.max)))
        case .tooLarge(let size):
            self = .tooLarge(
                bytes: Int(try WireCheck.number(size.bytes, "\(field).too_large.bytes", in: 0...Int64(Int32.max))),
                limit: Int(try WireCheck.number(size.limit, "\(field).too_large.limit", in: 0...Int64(Int32.max))))
        case .queueFull(let limit): self = .queueFull(limit: Int(try WireCheck.number(limit, "\(field).queue_full", in: 0...Int64(Int32.max))))
        case .invalid(let mistake):
            self = .invalid(
                OperatorMistake(
                    what: try WireCheck.text(mistake.what, "\(field).invalid.what"), why: try WireCheck.text(mistake.why, "\(field).invalid.why"),
                    fix: try WireCheck.text(mistake.fix, "\(field).invalid.fix")))
        case nil: throw .missing(field: field)
        }
    }

    var encoded: Wire.CommandOutcome {
        var wire = Wire.CommandOutcome()
        switch self {
        case .sent: wire.sent = Wire.CommandOutcome.Sent()
        case .notSent: wire.notSent = Wire.CommandOutcome.NotSent()
        case .notHeld: wire.notHeld = Wire.CommandOutcome.NotHeld()
        case .rateLimited(let retryAfter): wire.rateLimited = retryAfter.inNanoseconds
        case .tooLarge(let bytes, let limit):
            wire.tooLarge.bytes = Int64(bytes)
            wire.tooLarge.limit = Int64(limit)
        case .queueFull(let limit): wire.queueFull = Int64(limit)
        case .invalid(let mistake):
            wire.invalid.what = mistake.what.cutForWire(to: WireLimits.mistakeBytes)
            wire.invalid.why = mistake.why.cutForWire(to: WireLimits.mistakeBytes)
            wire.invalid.fix = mistake.fix.cutForWire(to: WireLimits.mistakeBytes)
        }
        return wire
    }
}

extension CoordinatorMessage {
    /// A command of any kind arrives as a raw one: op and data are all that a shard needs.
    init(decoding wire: Wire.Command) throws(ControlProtocolError) {
        let ticket = try CommandTicket(decoding: WireCheck.present(wire.ticket, wire.hasTicket, "command.ticket"), "command.ticket")
        let lease = try ShardLease(decoding: WireCheck.present(wire.lease, wire.hasLease, "command.lease"), "command.lease")
        let op = Int(try WireCheck.number(wire.op, "command.op", in: 0...255))
        guard wire.data.count <= CommandLimits.maxPayloadBytes else {
            throw .invalid(field: "command.data", problem: "is longer than \(CommandLimits.maxPayloadBytes) bytes")
        }
        let data: PayloadValue
        do {
            data = try PayloadValue(json: [UInt8](wire.data))
        } catch {
            throw .invalid(field: "command.data", problem: "is no JSON of whole numbers: \(error)")
        }
        let limit = try WireCheck.number(wire.limit, "command.limit", in: 1...CommandBounds.limit.upperBound.inNanoseconds)
        self = .command(ticket, lease, .raw(op: op, data: data), within: .nanoseconds(limit))
    }
}
