import GatewayModel

// What workers report of their shards: phases, sessions, ends.
extension ClusterMachine {
    mutating func apply(
        _ report: ShardReport, from id: StableID, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        let key = report.lease.key
        guard !self.refuses(report, from: id, on: connection, &effects), let before = self.shards[key] else { return }
        self.shards[key]!.phase = report.phase
        self.shards[key]!.presence = report.presence
        if before.phase == .resuming, report.phase == .live { self.counters.resumed += 1 }
        if report.phase == .awaitingPermit { self.awaitingPermit.insert(key) } else { self.awaitingPermit.remove(key) }
        if report.phase == .live { self.shards[key]!.problem = nil }
        if report.session?.isAhead(of: before.session) ?? false { self.shards[key]!.lastEventAt = now }
        self.record(report.session, of: key)
    }

    /// Whether it reports a shard that is not its own: then it is told to end it.
    mutating func refuses(_ report: ShardReport, from id: StableID, on connection: ConnectionID, _ effects: inout [ClusterEffect]) -> Bool {
        let key = report.lease.key
        guard let shard = self.shards[key] else {
            // Of a retired shard set: its session ends for ever. Of a set that this leader never knew: the session is kept.
            let isRetired = self.generation.map { key.generation < $0 } ?? false
            if report.phase != .stopping { effects.append(.tell(connection, .revoke(report.lease, isRetired ? .retire : .handOff))) }
            return true
        }
        guard shard.epoch == report.lease.epoch, shard.owner?.stableID == id, self.isHeld(shard) else {
            if report.lease.epoch < shard.epoch || (shard.owner == nil && report.lease.epoch == shard.epoch) {
                self.counters.staleMessages += 1
                if report.phase != .stopping { effects.append(.tell(connection, .revoke(report.lease, .fence))) }
            }
            return true
        }
        return false
    }

    private func isHeld(_ shard: ShardState) -> Bool {
        switch shard.step {
        case .held, .revoking: true
        case .unowned, .assigning, .failed: false
        }
    }

    /// Within one session the sequence never falls; another session, or none, replaces it whole.
    mutating func record(_ session: GatewaySession?, of key: ShardKey) {
        let known = self.shards[key]!.session
        if let session, let known, session.sessionID == known.sessionID {
            guard session.sequence > known.sequence else { return }
            self.shards[key]!.session!.sequence = session.sequence
        } else {
            guard session != known else { return }
            if session == nil { self.counters.sessionsLost += 1 }
            self.shards[key]!.session = session
            self.checkpointUrgent = true
        }
        self.dirty.insert(key)
    }

    mutating func recordFinalSession(_ report: ShardReport, from id: StableID) {
        guard let shard = self.shards[report.lease.key], shard.epoch == report.lease.epoch, shard.owner?.stableID == id, self.isHeld(shard) else { return }
        self.record(report.session, of: report.lease.key)
        self.shards[report.lease.key]!.presence = report.presence
    }

    mutating func revoked(_ report: ShardReport, by id: StableID, at now: Instant, _ effects: inout [ClusterEffect]) {
        let key = report.lease.key
        guard let shard = self.shards[key], shard.epoch == report.lease.epoch, shard.owner?.stableID == id, self.isHeld(shard) else {
            self.counters.staleMessages += 1
            return
        }
        self.record(report.session, of: key)
        self.checkpointUrgent = true
        self.free(key, preferring: shard.preferred, heldBackUntil: nil, showing: report.presence)
        if self.rebalanceAt == nil { self.rebalanceAt = now }
    }

    mutating func notHeld(_ lease: ShardLease, by id: StableID, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let shard = self.shards[lease.key], shard.epoch == lease.epoch, shard.owner?.stableID == id, self.isHeld(shard) else { return }
        self.free(lease.key, preferring: shard.preferred, heldBackUntil: nil)
    }

    mutating func failed(_ lease: ShardLease, code: UInt16, by id: StableID, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let shard = self.shards[lease.key], shard.epoch == lease.epoch, shard.owner?.stableID == id else { return }
        self.shards[lease.key]!.phase = .failed
        self.shards[lease.key]!.step = .failed
        self.awaitingPermit.remove(lease.key)
        self.record(nil, of: lease.key)
        self.commit([.transition(Transition(kind: .shardFailed, lease: lease, worker: id, detail: "close code \(code)"))], as: .record, &effects)
        switch code {
        case 4010, 4011: self.shardSetRefused(lease, code: code, at: now, &effects)
        default: self.stopApplication("Discord closed shard \(lease.key.shard) with \(code) (\(Self.meaning(of: code)))", &effects)
        }
    }

    private static func meaning(of code: UInt16) -> String {
        switch code {
        case 4004: "authentication failed: the token is wrong or was reset"
        case 4012: "invalid API version"
        case 4013: "invalid intents"
        case 4014: "disallowed intents: enable them in the developer portal"
        default: "a fatal close code"
        }
    }

    mutating func stopApplication(_ reason: String, _ effects: inout [ClusterEffect]) {
        guard self.stopped == nil else { return }
        self.stopped = reason
        effects.append(.note(ClusterNote(.error, "The application is stopped; nothing retries", detail: reason)))
        for id in self.workers.keys.sorted() {
            if let connection = self.workers[id]!.connection { effects.append(.tell(connection, .stopApplication(reason: reason))) }
        }
        self.stopCommands(reason, &effects)
        self.commit([.transition(Transition(kind: .applicationStopped, detail: reason))], as: .record, &effects)
    }
}

extension GatewaySession {
    /// A dispatch lies between the two: a later one of the same session, or another session's READY.
    fileprivate func isAhead(of known: GatewaySession?) -> Bool {
        known.map { self.sessionID != $0.sessionID || self.sequence > $0.sequence } ?? true
    }
}
