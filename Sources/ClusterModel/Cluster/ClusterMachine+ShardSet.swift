import GatewayModel

/// A re-shard on its way: the budget is read, then checked, then the new set is committed.
struct Reshard: Sendable {
    enum Step: Hashable, Sendable {
        case readingBudget
        case ready
        case committing
    }

    /// `nil`: to Discord's recommendation (after 4011 with `--shards auto`).
    var target: Int?
    var cause: String
    var request: RequestID?
    var step = Step.readingBudget
    /// An automatic one that was not possible is looked at again from here on.
    var notBefore: Instant?

    func wantsGatewayInfo(at now: Instant) -> Bool {
        self.step == .readingBudget && self.notBefore.map { now >= $0 } ?? true
    }

    mutating func gatewayInfoLearned(at now: Instant) {
        if self.wantsGatewayInfo(at: now) { self.step = .ready }
    }
}

// The shard set: the first one, the next one, and what stops one.
extension ClusterMachine {
    static let maximumShards = 100_000

    mutating func startShardSetIfNone(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard self.generation == nil, self.stopped == nil, let info = self.gatewayInfo, self.mayCommit(at: now) else { return }
        guard !self.commits.values.contains(where: \.isShardSet) else { return }
        let count: Int
        switch self.configuration.shards {
        case .auto: count = self.unknownShardSet ?? info.shards
        case .fixed(let fixed): count = fixed
        }
        self.activate(Generation(rawValue: self.highestGeneration + 1), numShards: count, retiring: nil, request: nil, &effects)
    }

    /// Whether the store may hold another set than this one already, or is about to.
    var isStoringShardSet: Bool { self.unknownShardSet != nil || self.commits.values.contains(where: \.isShardSet) }

    private mutating func activate(
        _ generation: Generation, numShards: Int, retiring: Generation?, request: RequestID?, _ effects: inout [ClusterEffect]
    ) {
        var writes: [StoreWrite] = [.activateGeneration(generation, numShards: numShards, retiring: retiring)]
        if let retiring {
            writes.append(.forgetShardPresences)
            writes.append(.transition(Transition(kind: .generationRetired, detail: "generation \(retiring)")))
        }
        writes.append(.transition(Transition(kind: .generationStarted, detail: "generation \(generation), \(numShards) shards")))
        self.commit(writes, as: .shardSet(generation, numShards: numShards, retiring: retiring, request), &effects)
    }

    mutating func shardSetCommitEnded(
        _ generation: Generation, numShards: Int, retiring: Generation?, request: RequestID?, _ outcome: CommitOutcome, at now: Instant,
        _ effects: inout [ClusterEffect]
    ) {
        switch outcome {
        case .committed: break
        // the earlier attempt had been written after all
        case .refused where self.highestGeneration < generation.rawValue && self.unknownShardSet != nil: break
        case .unknown(let why), .failed(let why), .refused(let why):
            if case .unknown = outcome { self.unknownShardSet = numShards }
            if self.reshard != nil {
                self.reshard!.step = .ready  // tried again once the store takes writes
            } else {
                effects.append(.note(ClusterNote(.warning, "The shard set could not be stored; it is tried again", detail: why)))
            }
            return
        case .deposed: return
        }
        self.unknownShardSet = nil
        self.highestGeneration = generation.rawValue
        self.closeShardsOfRetiredSet(&effects)
        self.generation = generation
        self.numShards = numShards
        self.shardKeys = (0..<numShards).map { ShardKey(generation: generation, shard: ShardID($0)) }
        self.shards = [:]
        for key in self.shardKeys {
            self.shards[key] = ShardState(owner: nil, epoch: AssignmentEpoch(rawValue: 0), step: .unowned, session: nil)
        }
        self.unowned = Set(self.shardKeys)
        self.awaitingPermit = []
        self.dirty = []
        self.shardSetProblem = nil
        self.placingCommit = nil
        self.reshard = nil
        self.presences.shardSetReplaced()
        self.rerouteCommands(&effects)
        if let request { effects.append(.answer(request, .done("generation \(generation) with \(numShards) shards has begun"))) }
        effects.append(.note(ClusterNote(.notice, "A shard set begins", detail: "generation \(generation), \(numShards) shards")))
    }

    private mutating func closeShardsOfRetiredSet(_ effects: inout [ClusterEffect]) {
        for key in self.shardKeys {
            guard let shard = self.shards[key], let owner = shard.owner, let connection = self.workers[owner.stableID]?.connection else { continue }
            switch shard.step {
            case .held, .revoking, .failed: effects.append(.tell(connection, .revoke(ShardLease(key: key, epoch: shard.epoch), .retire)))
            case .assigning, .unowned: continue  // never told
            }
        }
    }

    // MARK: Re-shard

    mutating func requested(_ id: RequestID, _ request: OperatorRequest, at now: Instant, _ effects: inout [ClusterEffect]) {
        switch request {
        case .reshard(let count):
            if let refusal = self.reshardRefusal(to: count, at: now) {
                effects.append(.answer(id, .refused(refusal)))
                return
            }
            self.reshard = Reshard(target: count, cause: "operator", request: id)
        case .openFloor(let floor, let time):
            guard floor >= 0, time > .zero else {
                effects.append(
                    .answer(
                        id, .refused("the floor cannot be opened: it is a number of session starts from 0, for a time above 0. Fix: --open-floor 0 --for 10m."))
                )
                return
            }
            guard self.mayCommit(at: now) else {
                effects.append(
                    .answer(id, .refused("the floor cannot be opened: the store is not available (\(self.storeProblem ?? "")). Fix: try again when it is.")))
                return
            }
            let transition = Transition(kind: .floorOpened, detail: "floor \(floor) for \(time)")
            self.commit([.openFloor(floor, for: time), .transition(transition)], as: .floor(floor, until: now + time, id), &effects)
        case .presence(let presence, let scope): self.presenceRequested(id, presence, scope, at: now, &effects)
        case .command(let command): self.commandRequested(id, command, at: now, &effects)
        }
    }

    private func reshardRefusal(to count: Int, at now: Instant) -> String? {
        if let stopped { return "no re-shard: the application is stopped (\(stopped)). Fix: correct the cause and restart the coordinator." }
        guard self.mayCommit(at: now) else {
            return "no re-shard: the store is not available (\(self.storeProblem ?? "busy")). Fix: try again when it is."
        }
        if let reshard, reshard.request != nil || reshard.notBefore == nil || reshard.step == .committing {
            return "no re-shard: another one is on its way. Fix: wait for it."
        }
        guard self.generation != nil else { return "no re-shard: there is no shard set yet. Fix: wait for the first one." }
        guard (1...Self.maximumShards).contains(count) else { return "no re-shard: \(count) shards are out of range. Fix: choose 1 to \(Self.maximumShards)." }
        guard count != self.numShards else { return "no re-shard: the shard set has \(count) shards already. Fix: choose another number." }
        return nil
    }

    mutating func advanceReshard(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let reshard, reshard.step == .ready, let info = self.gatewayInfo, self.mayCommit(at: now), self.placingCommit == nil else {
            return
        }
        let count = self.unknownShardSet ?? reshard.target ?? info.shards
        guard let available = self.budget.available(at: now) else { return }
        if self.unknownShardSet != nil {
            // It may be stored already: there is no way back, only the same transaction once more.
            self.activateNext(count, &effects)
        } else if count == self.numShards && reshard.target == nil {
            self.abandonReshard("Discord recommends \(count) shards, as many as there are", at: now, &effects)
        } else if available < count {
            self.abandonReshard(
                "the session start budget has \(available) starts above its floor and \(count) are needed: wait for its reset, or open the floor", at: now,
                &effects)
        } else {
            self.activateNext(count, &effects)
        }
    }

    private mutating func activateNext(_ count: Int, _ effects: inout [ClusterEffect]) {
        self.reshard!.step = .committing
        self.activate(
            Generation(rawValue: self.highestGeneration + 1), numShards: count, retiring: self.generation, request: self.reshard!.request, &effects)
    }

    mutating func abandonReshard(_ why: String, at now: Instant, _ effects: inout [ClusterEffect]) {
        if let request = self.reshard?.request {
            effects.append(.answer(request, .refused("no re-shard: \(why). Nothing was changed.")))
            self.reshard = nil
            return
        }
        let problem = "re-shard after \(self.reshard?.cause ?? "4011") is not possible yet: \(why)"
        if self.shardSetProblem != problem { effects.append(.note(ClusterNote(.error, "No re-shard; it is looked at again each minute", detail: why))) }
        self.shardSetProblem = problem
        self.reshard?.step = .readingBudget
        self.reshard?.notBefore = now + .seconds(60)
    }

    /// 4010, 4011: this shard set cannot run. The other shards serve on.
    mutating func shardSetRefused(_ lease: ShardLease, code: UInt16, at now: Instant, _ effects: inout [ClusterEffect]) {
        self.shardSetProblem =
            "Discord closed shard \(lease.key.shard) with \(code) (\(code == 4011 ? "sharding required" : "invalid shard")): `muster reshard --to N`"
        effects.append(.note(ClusterNote(.error, "Discord refused a shard of this set", detail: self.shardSetProblem!)))
        guard code == 4011, self.configuration.shards == .auto, self.reshard == nil else { return }
        self.reshard = Reshard(target: nil, cause: "4011")
    }
}
