import GatewayModel
import NIOHTTP1
import SimulatedGateway

extension SimulatorCore {
    /// `/_sim/…`: what happened (GET) and what shall happen (POST).
    func simulatorReply(to method: HTTPMethod, _ query: HTTPQuery) throws(BadRequest) -> HTTPReply {
        let name = String(query.path.dropFirst("/_sim/".count))
        switch method {
        case .GET:
            switch name {
            case "ledger": return try self.ledger(query)
            case "status": return self.status()
            case "violations": return self.violations()
            case "identifies": return self.identifies()
            case "commands": return try self.commands(query)
            default: throw BadRequest(message: "no such thing to GET: ledger, status, violations, identifies, commands")
            }
        case .POST:
            return try self.command(name, query)
        default:
            return .error(.methodNotAllowed, "GET or POST")
        }
    }

    /// Lines of the ledger after a cursor.
    private func ledger(_ query: HTTPQuery) throws(BadRequest) -> HTTPReply {
        let after: Int64 = try query.number("after") ?? 0
        let limit: Int = min(20_000, try query.number("limit") ?? 10_000)
        var json = JSONBytes(reserving: 180 * 1024)
        for line in self.machine.ledger.lines(after: after, limit: limit) {
            json.ledgerLine(line, sessionID: line.session.map { self.machine.sessionID(of: $0) })
        }
        return HTTPReply(status: .ok, contentType: "application/x-ndjson", body: json.bytes)
    }

    private func status() -> HTTPReply {
        let now = self.now
        let counts = self.machine.counts
        var json = JSONBytes(reserving: 16 * 1024)
        json.raw("{\"now_ms\":")
        json.number(now.nanoseconds / 1_000_000)
        for (name, value) in [
            ("identifies", counts.identifies), ("resumes", counts.resumes), ("resumes_refused", counts.resumesRefused),
            ("resumes_on_resume_url", self.resumesByResumeURL), ("events", counts.events), ("dispatches", counts.dispatches),
            ("violations", counts.violations), ("identifies_remaining", self.machine.identifiesRemaining(at: now)),
            ("commands", counts.commands), ("transport_ends", counts.transportEnds), ("backlog_cuts", self.backlogCuts),
        ] {
            json.raw(",")
            json.text(name)
            json.raw(":")
            json.number(Int64(value))
        }
        json.raw(",\"ledger_cursor\":")
        json.number(self.machine.ledger.lastCursor)
        json.raw(",\"ledger_truncated_before\":")
        json.number(self.machine.ledger.truncatedBefore)
        json.raw(self.machine.tokenIsDead ? ",\"token_dead\":true" : ",\"token_dead\":false")
        json.raw(",\"closed_by_client\":{")
        json.list(counts.closedByClient) { json, close in
            json.text(String(close.code))
            json.raw(":")
            json.number(Int64(close.count))
        }
        json.raw("},\"sessions\":[")
        json.list(self.machine.sessionStatuses) { json, session in
            json.raw("{\"session\":")
            json.text(session.sessionID)
            json.raw(",\"shards\":")
            json.number(Int64(session.numShards))
            json.raw(",\"shard\":")
            json.number(Int64(session.shard))
            json.raw(",\"seq\":")
            json.number(session.sequence)
            json.raw(",\"oldest_seq\":")
            json.number(session.oldestBuffered)
            json.raw(",\"presence\":")
            if let presence = session.presence { json.presence(presence) } else { json.raw("null") }
            json.raw(session.connection == nil ? ",\"attached\":false}" : ",\"attached\":true}")
        }
        json.raw("]}")
        return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
    }

    private func violations() -> HTTPReply {
        var json = JSONBytes(reserving: 1024)
        json.raw("[")
        json.list(self.machine.violations) { json, violation in
            json.raw("{\"at_ms\":")
            json.milliseconds(violation.at)
            json.raw(",\"kind\":")
            json.text(violation.kind.rawValue)
            json.raw(",\"detail\":")
            json.text(violation.detail)
            json.raw("}")
        }
        json.raw("]")
        return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
    }

    /// Commands in order of arrival, of one op or connection where the query says so.
    private func commands(_ query: HTTPQuery) throws(BadRequest) -> HTTPReply {
        let op: Int? = try query.number("op")
        let connection: Int64? = try query.number("connection")
        let records = self.machine.commands.filter { (op == nil || $0.command.op == op) && (connection == nil || $0.connection.rawValue == connection) }
        var json = JSONBytes(reserving: 4096)
        json.raw("[")
        json.list(records) { json, record in json.command(record, sessionID: self.machine.sessionID(of: record.session)) }
        json.raw("]")
        return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
    }

    private func identifies() -> HTTPReply {
        var json = JSONBytes(reserving: 4096)
        json.raw("[")
        json.list(self.machine.identifyArrivals) { json, arrival in
            json.raw("{\"at_ms\":")
            json.milliseconds(arrival.at)
            json.raw(",\"shard\":")
            json.number(Int64(arrival.shard))
            json.raw(",\"shards\":")
            json.number(Int64(arrival.numShards))
            json.raw(",\"key\":")
            json.number(Int64(arrival.key))
            json.raw(arrival.accepted ? ",\"accepted\":true}" : ",\"accepted\":false}")
        }
        json.raw("]")
        return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
    }
}
