import ClusterModel
import GatewayModel

// Short texts for the trace.

func brief(_ session: GatewaySession?) -> String {
    session.map { "\($0.sessionID.prefix(10))#\($0.sequence)" } ?? "none"
}

func brief(_ report: ShardReport) -> String {
    "\(report.lease) \(report.phase) \(brief(report.session))"
}

func brief(_ message: CoordinatorMessage) -> String {
    switch message {
    case .welcome(let stamp, let isolation, _): "welcome \(stamp.nanoseconds / 1_000_000) \(isolation)"
    case .refused(let why): "refused \(why)"
    case .ack(let stamp, _, _): "ack \(stamp.nanoseconds / 1_000_000)"
    case .assign(let assignment): "assign \(assignment.lease) to \(assignment.incarnation), session \(brief(assignment.session))"
    case .revoke(let lease, let mode): "revoke \(lease) \(mode)"
    case .offer(let permit, let lease): "offer \(permit) for \(lease)"
    case .go(let permit): "go \(permit)"
    case .presence(let lease, let planned): "presence \(planned.revision) for \(lease)"
    case .command(let ticket, let lease, let command, let limit): "command \(ticket) for \(lease): op \(command.op) within \(limit.inSeconds) s"
    case .stopApplication(let reason): "stopApplication \(reason)"
    }
}

func brief(_ message: WorkerMessage) -> String {
    switch message {
    case .hello(let hello):
        "hello \(hello.stableID) \(hello.incarnation) epoch \(hello.highestCoordinatorEpoch) holds [\(hello.held.map(brief).joined(separator: ", "))]"
    case .renew(let renewal): "renew \(renewal.stamp.nanoseconds / 1_000_000) [\(renewal.shards.map(brief).joined(separator: ", "))]"
    case .shard(let report): "shard \(brief(report))"
    case .take(let permit, _): "take \(permit)"
    case .decline(let permit, let reason): "decline \(permit) \(reason)"
    case .outcome(let permit, let outcome): "outcome \(permit) \(outcome)"
    case .revoked(let report): "revoked \(brief(report))"
    case .notHeld(let lease): "notHeld \(lease)"
    case .commandEnded(let ticket, let outcome): "command \(ticket): \(outcome)"
    case .failed(let lease, let code): "failed \(lease) \(code)"
    case .goodbye(let reports, let returning): "goodbye [\(reports.map(brief).joined(separator: ", "))] returning \(returning)"
    }
}

func brief(_ input: ClusterInput) -> String {
    switch input {
    case .message(let connection, let message): "link \(connection): \(brief(message))"
    case .closed(let connection): "link \(connection) closed"
    default: "\(input)"
    }
}

func brief(_ input: WorkerInput) -> String {
    switch input {
    case .received(let envelope): "\(brief(envelope.message))"
    case .shard(let lease, let signal):
        switch signal {
        case .session(let session): "\(lease): session \(brief(session))"
        case .identified(let permit, let outcome, let session): "\(lease): identified \(permit) \(outcome) \(brief(session))"
        default: "\(lease): \(signal)"
        }
    default: "\(input)"
    }
}

func brief(_ event: ShardEvent) -> String {
    switch event {
    case .ready(let session): "ready \(brief(session))"
    case .resumed(let session, let replayed): "resumed \(brief(session)), \(replayed) replayed"
    case .gap(let reason, let session): "gap \(reason) after \(brief(session))"
    case .identified(let permit, let outcome, let session): "identified \(permit) \(outcome) \(brief(session))"
    default: "\(event)"
    }
}

func brief(_ write: StoreWrite) -> String {
    switch write {
    case .assign(let lease, let owner, let incarnation): "assign \(lease) to \(owner)/\(incarnation)"
    case .release(let lease): "release \(lease)"
    case .openPermit(let record, let used, _): "open \(record.id) key \(record.rateLimitKey) for \(record.lease), used \(used)"
    case .closePermit(let permit, let outcome): "close \(permit) \(outcome)"
    case .activateGeneration(let generation, let numShards, let retiring):
        "activate \(generation) of \(numShards), retiring \(retiring.map { "\($0)" } ?? "none")"
    case .saveWorker(let worker): "worker \(worker.stableID)/\(worker.incarnation)"
    case .openFloor(let floor, _): "floor \(floor.map(String.init) ?? "closed")"
    case .setPresence(let planned, let scope): "presence \(planned.revision) for \(scope)"
    case .forgetShardPresences: "no shard has a presence of its own"
    case .transition(let transition): "\(transition.kind)"
    }
}
