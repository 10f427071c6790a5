import GatewayModel

// Commit, then tell. The store may be away for as long as it likes: nothing new is granted, nothing that runs is touched.
extension ClusterMachine {
    /// Hands a transaction to the writer; its end comes back as `commitEnded`.
    @discardableResult
    mutating func commit(_ writes: [StoreWrite], as pending: PendingCommit, _ effects: inout [ClusterEffect]) -> CommitID? {
        // History while the store is away is bounded: what nothing waits for is not queued.
        if case .record = pending, self.storeProblem != nil || self.commits.count >= Self.maximumOpenCommits { return nil }
        let id = CommitID(rawValue: self.nextCommit)
        self.nextCommit += 1
        self.commits[id] = pending
        effects.append(.commit(id, writes))
        return id
    }

    private static let maximumOpenCommits = 256

    func mayCommit(at now: Instant) -> Bool {
        (self.storeRetryAt.map { now >= $0 } ?? true) && self.commits.count < Self.maximumOpenCommits
    }

    mutating func commitEnded(_ id: CommitID, _ outcome: CommitOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let pending = self.commits.removeValue(forKey: id) else { return }
        self.learnStoreHealth(from: outcome, at: now, &effects)
        if case .deposed = outcome {
            self.end(.deposed("another coordinator leads: the store refused a write of epoch \(self.epoch)"), &effects)
            return
        }
        switch pending {
        case .placement(let assigned): self.placementEnded(assigned, outcome, at: now, &effects)
        case .permit(let permit): self.permitCommitEnded(permit, outcome, at: now, &effects)
        case .shardSet(let generation, let numShards, let retiring, let request):
            self.shardSetCommitEnded(generation, numShards: numShards, retiring: retiring, request: request, outcome, at: now, &effects)
        case .floor(let floor, let until, let request):
            switch outcome {
            case .committed:
                self.budget.openFloor(floor, until: until)
                effects.append(.answer(request, .done("the floor is \(floor) session starts for \((until - now).components.seconds) s")))
            case .failed(let why), .unknown(let why), .refused(let why):
                effects.append(.answer(request, .refused("the floor was not opened: \(why). Fix: try again.")))
            case .deposed: break
            }
        case .presence: self.presenceCommitEnded(outcome, at: now, &effects)
        case .record: break
        }
    }

    private mutating func learnStoreHealth(from outcome: CommitOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        switch outcome {
        case .committed:
            if self.storeProblem != nil { effects.append(.note(ClusterNote(.notice, "The store takes writes again"))) }
            self.storeProblem = nil
            self.storeRetryAt = nil
        case .failed(let why), .unknown(let why):
            if self.storeProblem == nil {
                effects.append(.note(ClusterNote(.error, "The store does not take writes; running shards are not touched", detail: why)))
            }
            self.storeProblem = why
            self.storeRetryAt = now + self.timing.storeRetry
        case .refused(let why):
            effects.append(.note(ClusterNote(.warning, "The store refused a transaction", detail: why)))
            self.storeRetryAt = now + self.timing.storeRetry
        case .deposed: break
        }
    }

    // MARK: Sessions

    mutating func checkpointIfDue(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard self.checkpointing == nil, !self.dirty.isEmpty, self.storeRetryAt.map({ now >= $0 }) ?? true else { return }
        guard self.checkpointUrgent || now >= self.checkpointAt else { return }
        self.checkpointUrgent = false
        self.checkpointAt = now + self.timing.renewInterval
        var rows: [CheckpointRow] = []
        var written: [ShardKey: GatewaySession?] = [:]
        for key in self.dirty.sorted() {
            guard let shard = self.shards[key] else { continue }
            rows.append(CheckpointRow(lease: ShardLease(key: key, epoch: shard.epoch), session: shard.session))
            written[key] = .some(shard.session)
        }
        self.dirty = []
        guard !rows.isEmpty else { return }
        self.checkpointing = written
        effects.append(.checkpoint(rows))
    }

    mutating func checkpointEnded(_ outcome: CommitOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let written = self.checkpointing else { return }
        self.checkpointing = nil
        self.learnStoreHealth(from: outcome, at: now, &effects)
        switch outcome {
        case .committed: break
        case .deposed: self.end(.deposed("another coordinator leads: the store refused a checkpoint of epoch \(self.epoch)"), &effects)
        case .failed, .unknown, .refused:
            for key in written.keys where self.shards[key] != nil { self.dirty.insert(key) }
        }
    }

    // MARK: The end

    mutating func stopRequested(_ effects: inout [ClusterEffect]) {
        if !self.dirty.isEmpty {
            let rows = self.dirty.sorted().compactMap { key in
                self.shards[key].map { CheckpointRow(lease: ShardLease(key: key, epoch: $0.epoch), session: $0.session) }
            }
            effects.append(.checkpoint(rows))
        }
        self.end(.requested, &effects)
    }

    mutating func end(_ reason: StopReason, _ effects: inout [ClusterEffect]) {
        self.isEnded = true
        self.closeCommands(&effects)
        effects.append(.stop(reason))
    }
}
