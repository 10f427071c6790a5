import GatewayModel

// Streams, registration, leases. A death certificate (a goodbye, or a new incarnation of the same stable id that answered its welcome) frees shards at
// once; a stream that closes is only a suspicion; silence frees them after `coordinatorLease`.
extension ClusterMachine {
    mutating func restore(_ stored: StoredCluster, at now: Instant) {
        for worker in stored.workers {
            self.workers[worker.stableID] = WorkerState(
                stableID: worker.stableID, incarnation: worker.incarnation, capacity: worker.capacity, lastHeard: now)
        }
        guard let generation = stored.activeGeneration, let set = stored.generations.first(where: { $0.generation == generation }) else { return }
        self.generation = generation
        self.numShards = set.numShards
        for shard in stored.shards.sorted(by: { $0.key < $1.key }) where shard.key.generation == generation {
            var owner: ShardState.Owner?
            if let id = shard.owner, let incarnation = shard.incarnation {
                owner = ShardState.Owner(stableID: id, incarnation: incarnation)
                if self.workers[id] == nil {
                    self.workers[id] = WorkerState(stableID: id, incarnation: incarnation, capacity: 0, lastHeard: now)
                }
                // The shard rows are written with each assignment, so they are newer than the worker's own row.
                self.workers[id]!.incarnation = incarnation
            }
            self.shards[shard.key] = ShardState(
                owner: owner, epoch: shard.epoch, step: owner == nil ? .unowned : .held(toldAt: now), session: shard.session)
            self.shardKeys.append(shard.key)
            if owner == nil { self.unowned.insert(shard.key) }
        }
        for id in self.workers.keys where !self.shards.values.contains(where: { $0.owner?.stableID == id }) {
            self.workers[id]!.isGone = true  // it owns nothing: whether it lives shows when it says hello
        }
        if case .fixed(let count) = self.configuration.shards, count != set.numShards {
            self.shardSetProblem = "the stored shard set has \(set.numShards) shards and the configuration says \(count): run `muster reshard --to \(count)`"
        }
    }

    mutating func received(_ message: WorkerMessage, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        if case .hello(let hello) = message {
            self.greeted(hello, on: connection, at: now, &effects)
            return
        }
        self.challengerSpoke(on: connection, at: now, &effects)
        guard let id = self.workerOf[connection], self.workers[id]?.connection == connection else {
            self.counters.staleMessages += 1
            return
        }
        // It says anything but hello only once it heard the welcome.
        self.workers[id]!.isConfirmed = true
        switch message {
        case .hello: return
        case .renew(let renewal): self.renewed(renewal, by: id, on: connection, at: now, &effects)
        case .shard(let report): self.apply(report, from: id, on: connection, at: now, &effects)
        case .take(let permit, _): self.identifySteps(self.permits.taken(permit, at: now), at: now, &effects)
        case .decline(let permit, _): self.permits.declined(permit, at: now)
        case .outcome(let permit, let outcome): self.permitEnded(permit, outcome, at: now, &effects)
        case .revoked(let report): self.revoked(report, by: id, at: now, &effects)
        case .commandEnded(let ticket, let outcome): self.commandEnded(ticket, outcome, at: now, &effects)
        case .notHeld(let lease): self.notHeld(lease, by: id, at: now, &effects)
        case .failed(let lease, let code): self.failed(lease, code: code, by: id, at: now, &effects)
        case .goodbye(let reports, let returning): self.goodbye(reports, returning: returning, from: id, at: now, &effects)
        }
    }

    private mutating func greeted(_ hello: WorkerHello, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard hello.protocolVersion == controlProtocolVersion else {
            let why = "worker \(hello.stableID) speaks control protocol \(hello.protocolVersion), this coordinator \(controlProtocolVersion)"
            effects.append(.tell(connection, .refused("the worker cannot join: \(why). Fix: install the same release of muster on both hosts.")))
            effects.append(.disconnect(connection, reason: why))
            return
        }
        guard hello.highestCoordinatorEpoch <= self.epoch else {
            self.end(.deposed("a worker has seen coordinator epoch \(hello.highestCoordinatorEpoch); this one is \(self.epoch)"), &effects)
            return
        }
        if let known = self.workers[hello.stableID], known.hasHeardLater(than: hello) {
            // Of a stream that its worker has left: under way for long, it says what was true before.
            self.counters.staleMessages += 1
            effects.append(.disconnect(connection, reason: "superseded by a later stream of the same worker"))
            return
        }
        if let known = self.workers[hello.stableID], known.incarnation != hello.incarnation, !known.isGone {
            // Two processes under one name, or a hello of a dead one that was long under way. A process that really died closes its stream, or its lease ends.
            if known.connection != nil, now < known.lastHeard + self.timing.coordinatorLease {
                effects.append(.note(ClusterNote(.warning, "A second process uses the stable id of a live worker", detail: "\(hello.stableID)")))
                self.workers[hello.stableID]!.turnAway(hello.incarnation)
                effects.append(.disconnect(connection, reason: "stable id \(hello.stableID) is in use by a live worker"))
                return
            }
            self.challenged(by: hello, on: connection, at: now, &effects)
            return
        }
        self.joined(hello, on: connection, isWelcomed: false, at: now, &effects)
    }

    /// - Parameter isWelcomed: it was, when it said hello.
    mutating func joined(
        _ hello: WorkerHello, on connection: ConnectionID, isWelcomed: Bool, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        self.endChallenge(of: hello.stableID, unlessOn: connection, because: "stable id \(hello.stableID) is in use by a live worker", &effects)
        if let old = self.workers[hello.stableID]?.connection {
            self.workerOf[old] = nil
            effects.append(.disconnect(old, reason: "superseded by a new stream of the same worker"))
        }
        if self.workerOf.isEmpty, let since = self.aloneSince, now - since > Self.longestPause { self.trustEveryLease(at: now) }
        self.aloneSince = nil
        let known = self.workers[hello.stableID]
        let isNew = known?.incarnation != hello.incarnation
        if isNew, known != nil { self.freeShards(of: hello.stableID, preferring: hello.stableID, heldBackUntil: nil, at: now) }
        self.commandsKnown(to: hello, at: now, &effects)
        self.workers[hello.stableID] = WorkerState(
            stableID: hello.stableID, incarnation: hello.incarnation, capacity: hello.capacity, connection: connection, lastHeard: now,
            heardStamp: hello.stamp, former: known?.former(after: hello.incarnation) ?? [], turnedAway: isNew ? [] : known?.turnedAway ?? [])
        self.workerOf[connection] = hello.stableID
        if self.settledAt == nil { self.settledAt = now + self.timing.settle }
        // Before the welcome, which lets it dial: what it holds and was given to others must not dial again.
        for report in hello.held { self.apply(report, from: hello.stableID, on: connection, at: now, &effects) }
        if !isWelcomed {
            let dials = self.dialShare(of: hello.stableID, at: now)
            effects.append(.tell(connection, .welcome(stamp: hello.stamp, isolation: self.configuration.isolation, dialsPerSecond: dials)))
        }
        if isNew || known?.isGone == true || known?.capacity != hello.capacity {
            let worker = StoredWorker(stableID: hello.stableID, incarnation: hello.incarnation, capacity: hello.capacity)
            let joined = Transition(kind: .workerJoined, worker: hello.stableID, detail: "incarnation \(hello.incarnation), capacity \(hello.capacity)")
            self.commit([.saveWorker(worker), .transition(joined)], as: .record, &effects)
            self.membershipChanged(at: now)
        }
        if let stopped { effects.append(.tell(connection, .stopApplication(reason: stopped))) }
        // The old stream is gone, and with it every assignment that was in flight: what is not held will not be, unless it is assigned anew.
        let reported = Set(hello.held.map(\.lease))
        for key in self.shardKeys {
            guard let shard = self.shards[key], shard.owner?.stableID == hello.stableID, !reported.contains(ShardLease(key: key, epoch: shard.epoch)) else {
                continue
            }
            switch shard.step {
            case .held, .revoking: self.free(key, preferring: hello.stableID, heldBackUntil: nil)
            case .assigning, .unowned, .failed: continue
            }
        }
    }

    private mutating func renewed(
        _ renewal: Renewal, by id: StableID, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        let dials = self.dialShare(of: id, at: now)
        effects.append(.tell(connection, .ack(stamp: renewal.stamp, isolation: self.configuration.isolation, dialsPerSecond: dials)))
        self.workers[id]!.lastHeard = now
        self.workers[id]!.heardStamp = renewal.stamp
        if let last = self.workers[id]!.acceptedEvents, now > last.at {
            self.workers[id]!.eventsPerSecond = Double(max(0, renewal.acceptedEvents - last.count)) / (now - last.at).inSeconds
        }
        self.workers[id]!.acceptedEvents = (renewal.acceptedEvents, now)
        for report in renewal.shards { self.apply(report, from: id, on: connection, at: now, &effects) }
        self.tellAgain(id, on: connection, reported: Set(renewal.shards.map(\.lease)), at: now, &effects)
    }

    /// An assignment that was told and is not run was dropped by the worker (its lease was not valid just then), and a revoke that is not heeded
    /// was lost with its stream: tell it once more.
    private mutating func tellAgain(
        _ id: StableID, on connection: ConnectionID, reported: Set<ShardLease>, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        for key in self.shardKeys {
            guard let shard = self.shards[key], shard.owner?.stableID == id else { continue }
            let lease = ShardLease(key: key, epoch: shard.epoch)
            switch shard.step {
            case .held(let toldAt):
                if reported.contains(lease) {
                    self.tellPresenceAgain(key, on: connection, at: now, &effects)
                } else if now >= toldAt + .seconds(2) {
                    self.shards[key]!.step = .held(toldAt: now)
                    self.tellAssignment(key, on: connection, &effects)
                }
            case .revoking(let since):
                guard reported.contains(lease), shard.phase != .stopping, now >= since + self.timing.revokeLimit else { continue }
                self.shards[key]!.step = .revoking(since: now)
                effects.append(.tell(connection, .revoke(lease, .handOff)))
            case .assigning, .unowned, .failed: continue
            }
        }
    }

    private mutating func goodbye(
        _ reports: [ShardReport], returning: Bool, from id: StableID, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        for report in reports { self.recordFinalSession(report, from: id) }
        let released = self.leases(of: id).map { StoreWrite.release($0) }
        let until = returning ? now + self.timing.returningGrace : nil
        self.freeShards(of: id, preferring: returning ? id : nil, heldBackUntil: until, at: now, reported: Set(reports.map(\.lease)))
        self.commandsReturned(by: id, at: now, &effects)
        if let connection = self.workers[id]!.connection {
            self.workerOf[connection] = nil
            effects.append(.disconnect(connection, reason: "goodbye"))
        }
        self.workers[id]!.connection = nil
        self.workers[id]!.isGone = true
        self.workers[id]!.returningUntil = until
        let left = Transition(kind: .workerLeft, worker: id, detail: returning ? "returning" : "")
        self.commit(released + [.transition(left)], as: .record, &effects)
        self.checkpointUrgent = true
    }

    mutating func streamClosed(_ connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.forgetChallenger(on: connection)
        guard let id = self.workerOf.removeValue(forKey: connection), self.workers[id]?.connection == connection else { return }
        self.workers[id]!.connection = nil
        if self.workerOf.isEmpty { self.aloneSince = now }
        effects.append(.note(ClusterNote(.notice, "Control stream of a worker closed; its shards stay its own until its lease ends", detail: "\(id)")))
    }

    mutating func expireLeases(at now: Instant, _ effects: inout [ClusterEffect]) {
        for id in self.workers.keys.sorted() {
            guard let worker = self.workers[id], !worker.isGone, now >= worker.lastHeard + self.timing.coordinatorLease else { continue }
            // With nobody to take its shards, giving them up helps no one: under `hold` it may still run them, and comes back to them.
            let others = self.workers.values.contains { $0.connection != nil && $0.stableID != id && !$0.isGone }
            guard others || worker.connection != nil || self.configuration.isolation == .fence else { continue }
            if let connection = worker.connection {
                self.workerOf[connection] = nil
                effects.append(.disconnect(connection, reason: "silent for \(self.timing.coordinatorLease)"))
            }
            self.workers[id]!.connection = nil
            self.workers[id]!.isGone = true
            self.counters.workersLost += 1
            let released = self.leases(of: id).map { StoreWrite.release($0) }
            self.freeShards(of: id, preferring: nil, heldBackUntil: nil, at: now)
            self.commandsLost(with: id, &effects)
            effects.append(.note(ClusterNote(.warning, "Lease of a worker ended; its shards are given to others", detail: "\(id)")))
            let lost = Transition(kind: .workerLost, worker: id, detail: "silent for \(self.timing.coordinatorLease)")
            self.commit(released + [.transition(lost)], as: .record, &effects)
        }
    }

    /// We heard nobody because of ourselves or of our network: every worker counts as just renewed, as after a takeover. Only ever delays.
    mutating func trustEveryLease(at now: Instant) {
        for id in self.workers.keys where !self.workers[id]!.isGone {
            self.workers[id]!.lastHeard = now
        }
    }

    private func leases(of id: StableID) -> [ShardLease] {
        self.shardKeys.compactMap { key in
            guard let shard = self.shards[key], shard.owner?.stableID == id else { return nil }
            switch shard.step {
            case .held, .revoking: return ShardLease(key: key, epoch: shard.epoch)
            case .assigning, .unowned, .failed: return nil
            }
        }
    }

    /// Every shard of a worker that is known to run none of them any more.
    ///
    /// - Parameter reported: leases whose end it told itself: what these show is certain.
    mutating func freeShards(
        of id: StableID, preferring preferred: StableID?, heldBackUntil: Instant?, at now: Instant, reported: Set<ShardLease> = []
    ) {
        for key in self.shardKeys where self.shards[key]!.owner?.stableID == id {
            let shard = self.shards[key]!
            switch shard.step {
            case .held, .revoking:
                let isCertain = reported.contains(ShardLease(key: key, epoch: shard.epoch))
                self.free(key, preferring: preferred ?? shard.preferred, heldBackUntil: heldBackUntil, showing: isCertain ? shard.presence : .none)
            case .assigning, .unowned, .failed: continue  // an open assignment is looked at again when its commit ends
            }
        }
        self.membershipChanged(at: now)
    }

    /// - Parameter presence: what its session shows for certain.
    mutating func free(_ key: ShardKey, preferring preferred: StableID?, heldBackUntil: Instant?, showing presence: PresenceRevision = .none) {
        self.shards[key]!.owner = nil
        self.shards[key]!.step = .unowned
        self.shards[key]!.phase = nil
        self.shards[key]!.presence = presence
        self.shards[key]!.preferred = preferred
        self.shards[key]!.heldBackUntil = heldBackUntil
        self.unowned.insert(key)
        self.awaitingPermit.remove(key)
    }

    mutating func membershipChanged(at now: Instant) {
        self.rebalanceAt = now + self.timing.settle
    }
}
