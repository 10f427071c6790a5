public import GatewayModel

extension ClusterMachine {
    /// Everything an operator may want to see, as of `now`.
    public func status(at now: Instant) -> ClusterStatus {
        let owners = self.shards.values.compactMap(\.owner?.stableID)
        var owned: [StableID: Int] = [:]
        for owner in owners { owned[owner, default: 0] += 1 }
        return ClusterStatus(
            application: self.configuration.application, coordinatorEpoch: self.epoch, isolation: self.configuration.isolation, stopped: self.stopped,
            store: ClusterStatus.StoreHealth(
                available: self.storeProblem == nil, problem: self.storeProblem, openCommits: self.commits.count,
                unwrittenSessions: self.dirty.count + (self.checkpointing?.count ?? 0)),
            gateway: ClusterStatus.GatewayHealth(info: self.gatewayInfo, problem: self.gatewayInfoProblem),
            shardSet: self.generation.map { generation in
                ClusterStatus.ShardSetStatus(
                    generation: generation, numShards: self.numShards, intents: self.configuration.intents,
                    live: self.shards.values.count { $0.phase == .live },
                    problem: self.shardSetProblem ?? self.capacityProblem ?? self.recommendationProblem)
            },
            workers: self.workers.keys.sorted().compactMap { id in
                guard let worker = self.workers[id], !worker.isGone || owned[id] != nil else { return nil }
                return ClusterStatus.WorkerStatus(
                    stableID: id, incarnation: worker.incarnation, connected: worker.connection != nil, capacity: worker.capacity, shards: owned[id] ?? 0,
                    leaseSecondsLeft: max(0, (worker.lastHeard + self.timing.coordinatorLease - now).inSeconds),
                    eventsPerSecond: worker.connection == nil ? 0 : worker.eventsPerSecond)
            },
            shards: self.shardKeys.map { key in
                let shard = self.shards[key]!
                return ClusterStatus.ShardStatus(
                    shard: key.shard, epoch: shard.epoch, owner: shard.owner?.stableID, phase: shard.phase, session: shard.session,
                    problem: shard.step == .failed ? "ended by a fatal close code" : shard.problem,
                    secondsSinceEvent: shard.lastEventAt.map { (now - $0).inSeconds })
            },
            identify: ClusterStatus.IdentifyStatus(
                queue: self.permits.estimates(for: self.waiters.map { IdentifyHolder($0) }, at: now).map {
                    ClusterStatus.IdentifyStatus.Waiter(shard: $0.holder.shard, rateLimitKey: $0.key, etaSeconds: $0.wait.inSeconds)
                },
                blocked: self.awaitingPermit.isEmpty ? self.stopped : self.identifyBlock(at: now)),
            budget: ClusterStatus.BudgetStatus(
                total: self.budget.total, available: self.budget.available(at: now), usedInWindow: self.budget.usedInWindow,
                floor: self.budget.floor(at: now), floorOpenSeconds: self.budget.openedFloor.flatMap { $0.until > now ? ($0.until - now).inSeconds : nil }),
            presence: self.presenceStatus, commands: ClusterStatus.CommandStatus(open: self.router.count), counters: self.counters)
    }

    private var presenceStatus: ClusterStatus.PresenceStatus? {
        guard self.presences.revision != .none || !self.presencesToStore.isEmpty else { return nil }
        let showing = self.shardKeys.count { key in
            guard let shard = self.shards[key], shard.phase == .live, let wanted = self.presences[key.shard] else { return false }
            return shard.presence == wanted.revision
        }
        return ClusterStatus.PresenceStatus(revision: self.presences.revision, unstored: self.presencesToStore.count, showing: showing)
    }

    private var capacityProblem: String? {
        let capacity = self.workers.values.filter { $0.connection != nil && !$0.isGone }.reduce(0) { $0 + $1.capacity }
        guard capacity < self.shards.count, !self.unowned.isEmpty else { return nil }
        return "the connected workers can hold \(capacity) shards and the set has \(self.shards.count): start another worker or raise --capacity"
    }
}
