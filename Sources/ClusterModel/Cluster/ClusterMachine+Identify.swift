import GatewayModel

// Permits, budget, and what Discord says about both.
extension ClusterMachine {
    mutating func offerPermits(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard !self.awaitingPermit.isEmpty, self.identifyBlock(at: now) == nil, let available = self.budget.available(at: now) else { return }
        let allowance = available - self.permits.offered
        guard allowance > 0 else { return }
        self.identifySteps(self.permits.offers(to: self.waiters.map { IdentifyHolder($0) }, allowance: allowance, at: now), at: now, &effects)
    }

    /// Why no permit is offered at present, in words for the operator; `nil` where only time is awaited.
    func identifyBlock(at now: Instant) -> String? {
        if let stopped { return stopped }
        if let shardSetProblem, self.shards.values.contains(where: { $0.step == .failed }) { return shardSetProblem }
        if let until = self.permits.breakerOpenUntil, now < until {
            return "three IDENTIFYs were refused within 60 s: waiting \((until - now).components.seconds + 1) s"
        }
        guard self.gatewayInfo != nil else { return self.gatewayInfoProblem ?? "waiting for GET /gateway/bot" }
        guard let read = self.gatewayInfoReadAt, now < read + self.timing.gatewayInfoMaxAge else {
            return self.gatewayInfoProblem ?? "reading the budget from GET /gateway/bot"
        }
        if !self.mayCommit(at: now) { return "the store is not available: \(self.storeProblem ?? "")" }
        if let available = self.budget.available(at: now), available <= 0 {
            return "the session start budget is at its floor of \(self.budget.floor(at: now)): `muster budget --open-floor N --for 10m` opens it"
        }
        return nil
    }

    var waiters: [ShardLease] {
        self.awaitingPermit.sorted().compactMap { key in
            guard let shard = self.shards[key], case .held = shard.step, let owner = shard.owner, self.workers[owner.stableID]?.connection != nil else {
                return nil
            }
            return ShardLease(key: key, epoch: shard.epoch)
        }
    }

    mutating func identifyTimePassed(to now: Instant, _ effects: inout [ClusterEffect]) {
        self.identifySteps(self.permits.timePassed(to: now), at: now, &effects)
    }

    mutating func identifySteps(_ steps: [IdentifyPermits.Step], at now: Instant, _ effects: inout [ClusterEffect]) {
        for step in steps {
            switch step {
            case .offer(let permit, let holder):
                let lease = holder.lease
                guard let connection = self.connection(holding: lease) else { continue }  // it lapses
                effects.append(.tell(connection, .offer(permit, lease)))
            case .commit(let permit, let rateLimitKey, let holder):
                let lease = holder.lease
                guard self.stopped == nil, self.connection(holding: lease) != nil, let worker = self.shards[lease.key]?.owner?.stableID,
                    self.mayCommit(at: now), let available = self.budget.available(at: now), available > 0
                else {
                    _ = self.permits.commitEnded(permit, .failed("not handed over"), at: now)
                    continue
                }
                let record = PermitRecord(id: permit, rateLimitKey: rateLimitKey, lease: lease, worker: worker)
                self.budget.permitSpent(at: now)
                let transition = Transition(kind: .permitOpened, lease: record.lease, worker: record.worker, detail: "\(record.id), key \(record.rateLimitKey)")
                self.commit(
                    [
                        .openPermit(record, used: self.budget.usedInWindow, windowEndsIn: self.budget.windowEnds.map { $0 - now }),
                        .transition(transition),
                    ], as: .permit(record.id), &effects)
            case .closed(let permit, let outcome):
                if outcome == .ready { self.counters.identified += 1 }
                self.commit(
                    [.closePermit(permit, outcome), .transition(Transition(kind: .permitClosed, detail: "\(permit): \(outcome.rawValue)"))], as: .record,
                    &effects)
            }
        }
    }

    mutating func permitCommitEnded(_ permit: PermitID, _ outcome: CommitOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        switch outcome {
        case .failed, .refused: self.budget.permitNotWritten()
        case .committed, .unknown, .deposed: break
        }
        guard let lease = self.permits.commitEnded(permit, outcome, at: now) else { return }
        self.counters.permitsGranted += 1
        // Its worker is gone: nobody is told, and the key waits out the unknown outcome.
        guard let connection = self.connection(holding: lease) else { return }
        effects.append(.tell(connection, .go(permit)))
    }

    mutating func permitEnded(_ permit: PermitID, _ outcome: IdentifyOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        if outcome == .invalidSession { self.gatewayInfoReadAt = nil }  // Discord refused: read its count again before the next one
        self.identifySteps(self.permits.ended(permit, outcome, at: now), at: now, &effects)
        if let until = self.permits.breakerOpenUntil, now < until, outcome == .invalidSession {
            effects.append(.note(ClusterNote(.error, "Three IDENTIFYs were refused within 60 s: none is sent for 5 minutes")))
        }
    }

    private func connection(holding lease: ShardLease) -> ConnectionID? {
        guard let shard = self.shards[lease.key], shard.epoch == lease.epoch, case .held = shard.step, let owner = shard.owner else { return nil }
        guard let worker = self.workers[owner.stableID], worker.incarnation == owner.incarnation else { return nil }
        return worker.connection
    }

    // MARK: GET /gateway/bot

    mutating func fetchGatewayInfoIfWanted(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard self.stopped == nil, case .idle(let notBefore) = self.gatewayFetch, notBefore.map({ now >= $0 }) ?? true else { return }
        let isOld = self.gatewayInfoReadAt.map { now >= $0 + self.timing.gatewayInfoMaxAge } ?? true
        let identifying = !self.awaitingPermit.isEmpty && isOld
        let resharding = self.reshard?.wantsGatewayInfo(at: now) ?? false
        let isNeeded = self.gatewayInfo == nil || self.gatewayInfoProblem != nil || identifying || resharding
        guard isNeeded || self.nextRecommendationLook.map({ now >= $0 }) ?? false else { return }
        self.gatewayFetch = .running(isLook: !isNeeded)
        self.budget.readBegan(open: self.permits.unresolved(at: now))
        effects.append(.fetchGatewayInfo)
    }

    mutating func learned(_ info: GatewayInfo, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.gatewayFetch = .idle(notBefore: now + .seconds(1))
        self.gatewayInfo = info
        self.gatewayInfoReadAt = now
        self.gatewayFailures = 0
        self.gatewayInfoProblem = nil
        self.budget.readEnded(info, at: now)
        self.permits.learned(maxConcurrency: info.maxConcurrency, at: now)
        self.reshard?.gatewayInfoLearned(at: now)
        self.nextRecommendationLook = now + self.timing.recommendationInterval
        if info.shards > self.notedRecommendation, let problem = self.recommendationProblem {
            self.notedRecommendation = info.shards
            effects.append(.note(ClusterNote(.warning, "A re-shard is due", detail: problem)))
        }
    }

    /// Where Discord recommends so many more shards that the operator should re-shard.
    var recommendationProblem: String? {
        guard self.generation != nil, let recommended = self.gatewayInfo?.shards, RecommendedShards.isRise(from: self.numShards, to: recommended) else {
            return nil
        }
        return
            "Discord recommends \(recommended) shards and the set has \(self.numShards); a shard takes 2500 guilds at the most: `muster reshard --to \(recommended)`"
    }

    mutating func gatewayInfoFailed(_ failure: GatewayInfoFailure, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.budget.readEnded(nil as SessionStartLimit?, at: now)
        if self.gatewayFetch == .running(isLook: true) {
            // Whoever needs the answer next asks again, and has to take what it says.
            self.gatewayFetch = .idle(notBefore: nil)
            self.nextRecommendationLook = now + self.timing.recommendationInterval
            let why = if case .temporary(let why) = failure { why } else { "401: the token is wrong or was reset" }
            effects.append(.note(ClusterNote(.warning, "The recommended number of shards could not be read", detail: why)))
            return
        }
        switch failure {
        case .unauthorized:
            self.gatewayFetch = .idle(notBefore: nil)
            self.gatewayInfoProblem = "401 from GET /gateway/bot: the token is wrong or was reset"
            self.stopApplication(self.gatewayInfoProblem!, &effects)
        case .temporary(let why):
            self.gatewayInfoProblem = "GET /gateway/bot failed: \(why)"
            self.gatewayFailures += 1
            // 1 s, doubling to 16 s: once Discord answers again, everything is to be live within 30 s (L4).
            self.gatewayFetch = .idle(notBefore: now + .seconds(1 << min(self.gatewayFailures - 1, 4)))
            effects.append(.note(ClusterNote(.warning, "GET /gateway/bot failed; it is tried again", detail: why)))
            if self.reshard?.request != nil, self.reshard?.step == .readingBudget {
                self.abandonReshard("the budget could not be read (\(why))", at: now, &effects)
            }
        }
    }
}
