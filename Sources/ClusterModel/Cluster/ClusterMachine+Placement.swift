import GatewayModel

// Who gets which shard. One placement transaction is open at a time; what becomes free meanwhile goes with the next.
extension ClusterMachine {
    mutating func place(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard self.stopped == nil, self.placingCommit == nil, !self.unowned.isEmpty, self.gatewayInfo != nil, self.mayCommit(at: now) else { return }
        guard self.reshard?.step != .committing else { return }  // these shards are about to retire
        let workers = self.placeable
        guard !workers.isEmpty else { return }
        var ready = self.unowned.sorted().filter { self.shards[$0]!.heldBackUntil.map { now >= $0 } ?? true }
        // At first only former owners get their shards back; the rest waits a moment for other workers, so that it need not be moved again.
        if let settledAt, now < settledAt {
            let present = Set(workers.map(\.id))
            ready = ready.filter { self.shards[$0]!.preferred.map { present.contains($0) } ?? false }
        }
        guard !ready.isEmpty else { return }
        var preferred: [ShardKey: StableID] = [:]
        for key in ready { preferred[key] = self.shards[key]!.preferred }
        let plan = Placement.assign(ready, preferring: preferred, over: workers, total: self.shards.count)
        let paced = plan.prefix(self.resumePacing.take(upTo: plan.count, at: now))
        guard !paced.isEmpty else { return }
        var writes: [StoreWrite] = []
        var assigned: [(key: ShardKey, owner: ShardState.Owner)] = []
        for (key, id) in paced {
            let owner = ShardState.Owner(stableID: id, incarnation: self.workers[id]!.incarnation)
            let lease = ShardLease(key: key, epoch: self.shards[key]!.epoch.next)
            self.unowned.remove(key)
            self.shards[key]!.owner = owner
            self.shards[key]!.epoch = lease.epoch
            self.shards[key]!.step = .assigning
            self.shards[key]!.heldBackUntil = nil
            writes.append(.assign(lease, owner: id, incarnation: owner.incarnation))
            writes.append(.transition(Transition(kind: .assigned, lease: lease, worker: id)))
            assigned.append((key, owner))
        }
        self.placingCommit = self.commit(writes, as: .placement(assigned), &effects)
    }

    mutating func placementEnded(
        _ assigned: [(key: ShardKey, owner: ShardState.Owner)], _ outcome: CommitOutcome, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        self.placingCommit = nil
        for (key, owner) in assigned {
            guard let shard = self.shards[key], shard.step == .assigning, shard.owner == owner else { continue }
            let worker = self.workers[owner.stableID]
            guard outcome == .committed, let worker, !worker.isGone, worker.incarnation == owner.incarnation, let connection = worker.connection else {
                // Not told to anybody: the next assignment takes a higher epoch, so it does not matter whether this one was written.
                self.free(key, preferring: shard.preferred ?? (worker?.isGone == false ? owner.stableID : nil), heldBackUntil: nil)
                self.dirty.insert(key)
                continue
            }
            self.counters.assignments += 1
            self.shards[key]!.step = .held(toldAt: now)
            self.shards[key]!.phase = .waiting
            self.shards[key]!.preferred = nil
            self.shards[key]!.presenceTold = (self.presences[key.shard]?.revision ?? .none, now)
            self.dirty.insert(key)  // a checkpoint that went out meanwhile may have named the epoch before
            self.tellAssignment(key, on: connection, &effects)
        }
    }

    mutating func tellAssignment(_ key: ShardKey, on connection: ConnectionID, _ effects: inout [ClusterEffect]) {
        guard let shard = self.shards[key], let owner = shard.owner, let info = self.gatewayInfo else { return }
        let assignment = Assignment(
            lease: ShardLease(key: key, epoch: shard.epoch), incarnation: owner.incarnation, numShards: self.numShards, session: shard.session,
            application: self.configuration.application, token: self.configuration.token, intents: self.configuration.intents, gatewayURL: info.url,
            presence: self.presences[key.shard], isPresenceShown: shard.session != nil && self.presences[key.shard]?.revision == shard.presence,
            identify: self.configuration.identify)
        effects.append(.tell(connection, .assign(assignment)))
    }

    /// Planned moves towards even shares: only of shards that run well, and only a few at a time.
    mutating func rebalance(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let due = self.rebalanceAt, now >= due, self.stopped == nil, self.reshard?.step != .committing, self.gatewayInfo != nil, self.mayCommit(at: now)
        else { return }
        guard self.unowned.isEmpty, self.placingCommit == nil else { return }
        self.rebalanceAt = nil
        let moving = self.shards.values.reduce(0) { count, shard in
            if case .revoking = shard.step { count + 1 } else { count }
        }
        let limit = Placement.moveLimit(shards: self.shards.count) - moving
        guard limit > 0 else { return }
        for (key, target) in Placement.moves(over: self.placeable, limit: limit) {
            guard case .held = self.shards[key]!.step, let owner = self.shards[key]!.owner, let connection = self.workers[owner.stableID]?.connection else {
                continue
            }
            switch self.shards[key]!.phase {
            case .live, .awaitingPermit:
                self.shards[key]!.step = .revoking(since: now)
                self.shards[key]!.preferred = target
                effects.append(.tell(connection, .revoke(ShardLease(key: key, epoch: self.shards[key]!.epoch), .handOff)))
            case .waiting, .dialing, .resuming, .identifying, .stopping, .failed, nil:
                self.rebalanceAt = now + .seconds(1)  // on its way: look again
            }
        }
    }

    /// Workers that can be given shards, with those that are theirs or on their way to them.
    private var placeable: [Placement.Worker] {
        var owned: [StableID: [ShardKey]] = [:]
        for key in self.shardKeys {
            guard let shard = self.shards[key], let owner = shard.owner else { continue }
            if case .revoking = shard.step, let target = shard.preferred {
                owned[target, default: []].append(key)
            } else {
                owned[owner.stableID, default: []].append(key)
            }
        }
        return self.workers.keys.sorted().compactMap { id in
            guard let worker = self.workers[id], worker.connection != nil, !worker.isGone else { return nil }
            return Placement.Worker(id: id, capacity: worker.capacity, shards: owned[id] ?? [])
        }
    }
}
