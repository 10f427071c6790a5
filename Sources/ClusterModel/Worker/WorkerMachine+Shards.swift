import GatewayModel

// Shards: what their loops signal, how they are started, stopped and reported.
extension WorkerMachine {
    mutating func shard(_ lease: ShardLease, signalled signal: ShardSignal, at now: Instant, _ effects: inout [WorkerEffect]) {
        if self.fencing.contains(lease) {
            if case .ended = signal { self.fencing.remove(lease) }
            return
        }
        guard var shard = self.held[lease.key], shard.lease == lease else { return }  // a late signal of a lease that ended
        switch signal {
        case .phase(let phase):
            guard shard.phase != phase else { return }
            shard.phase = phase
            self.held[lease.key] = shard
            self.report(shard, &effects)
        case .session(let session):
            shard.session = session
            self.held[lease.key] = shard
            self.report(shard, &effects)
        case .resumed:
            self.showAgain(shard, at: now, &effects)
        case .readyToIdentify(let permit):
            // Without a stream the offer lapses; the next one asks again.
            guard self.link == .joined, shard.stop == nil, now < self.dialUntil else { return }
            shard.taken = (permit, now)
            self.held[lease.key] = shard
            effects.append(.send(.take(permit, stamp: now)))
        case .identified(let permit, let outcome, let session):
            if let session {
                shard.session = session
                self.held[lease.key] = shard
                self.report(shard, &effects)  // before the outcome: what frees the key also brings the session that it bought
            }
            if shard.taken?.permit == permit {
                self.held[lease.key]!.taken = nil
                self.tell(.outcome(permit, outcome), &effects)
            } else {
                self.tell(.decline(permit, reason: outcome.rawValue), &effects)
            }
        case .ended(let end):
            self.shardEnded(lease, end, &effects)
        }
    }

    mutating func shardEnded(_ lease: ShardLease, _ end: ShardEnd, _ effects: inout [WorkerEffect]) {
        var shard = self.held[lease.key]!
        switch end {
        case .fatal(let code, _):
            shard.phase = .failed
            shard.fatalCode = code
            self.held[lease.key] = shard
            if self.link == .joined { effects.append(.send(.failed(lease, code: code))) }  // else it is said on the next stream
            if shard.stop != nil { self.finish(shard, session: shard.session, &effects) }
        case .stopped(let session):
            self.finish(shard, session: session, &effects)
        }
    }

    mutating func finish(_ shard: Held, session: GatewaySession?, _ effects: inout [WorkerEffect]) {
        self.forget(shard.lease.key)
        let report = ShardReport(
            lease: shard.lease, phase: shard.phase == .failed ? .failed : .waiting, session: session, presence: shard.presence.certain)
        if self.stopping != nil {
            self.stopping!.finals.append(report)
            return
        }
        self.tell(.revoked(report), &effects)
        if let next = shard.next { self.start(next, &effects) }
    }

    mutating func forget(_ key: ShardKey) {
        guard let shard = self.held.removeValue(forKey: key) else { return }
        self.heldKeys.removeAll { $0 == key }
        self.ended[key] = max(self.ended[key] ?? shard.lease.epoch, shard.lease.epoch)
    }

    mutating func stop(_ key: ShardKey, _ mode: StopMode, _ effects: inout [WorkerEffect]) {
        guard var shard = self.held[key] else { return }
        let first = shard.stop == nil
        shard.stop = mode
        self.held[key] = shard
        if shard.phase == .failed {
            self.finish(shard, session: shard.session, &effects)
        } else if first || mode != .handOff {
            effects.append(.stop(shard.lease, mode))
        }
    }

    mutating func report(_ shard: Held, _ effects: inout [WorkerEffect]) {
        if self.link == .joined { effects.append(.send(.shard(shard.report))) }  // else the hello reports all
    }

    var reports: [ShardReport] { self.heldKeys.map { self.held[$0]!.report } }

    mutating func record(_ progress: WorkerProgress) {
        for (lease, position) in progress.accepted {
            guard let shard = self.held[lease.key], shard.lease == lease, let session = shard.session, session.sessionID == position.sessionID else { continue }
            self.held[lease.key]!.session!.sequence = max(session.sequence, position.sequence)
        }
        self.acceptedEvents = progress.acceptedEvents
    }
}
