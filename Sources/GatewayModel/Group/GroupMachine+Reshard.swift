/// A change of the shard set on its way. The new set is identified beside the old one, which serves until every shard of the new one is live.
struct GroupReshard: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        /// Discord is being asked for its count and for the budget.
        case planning
        /// The new set comes up.
        case identifying
        /// The new set is live; these of the old one are being closed. One that is attached again meanwhile is not among them.
        case retiring(Set<ShardIdentity>)
        /// These of the new set are being closed again.
        case givingUp(ReshardError, Set<ShardIdentity>)
    }

    let from: Int
    /// `nil`: what Discord recommends.
    var to: Int?
    let cause: ReshardCause
    var step = Step.planning
}

// From one shard set to the next.
extension GroupMachine {
    package static let maximumShards = 100_000

    /// What is known of the bot when a re-shard is planned.
    package enum BotAnswer: Hashable, Sendable {
        /// There is nobody to ask: the count was given, and the gate alone knows the budget.
        case nobodyToAsk
        case bot(recommended: Int, total: Int, remaining: Int, resetAfterMilliseconds: Int)
        case failed(ReshardError)
    }

    /// - Parameter count: `nil`: what Discord recommends.
    package mutating func reshardRequested(to count: Int?) throws(ReshardError) -> [Effect] {
        guard !self.isStopping else { throw .ended }
        guard self.reshard == nil else { throw .underWay }
        guard let from = self.wholeSet else { throw .notWhole }
        if let count { try self.check(count, from: from) }
        self.awaitsOperator = false
        return self.plan(from: from, to: count, .requested)
    }

    private mutating func plan(from: Int, to: Int?, _ cause: ReshardCause) -> [Effect] {
        self.reshard = GroupReshard(from: from, to: to, cause: cause)
        return [.askForBot]
    }

    /// Answers `Effect.askForBot`.
    package mutating func botAnswered(_ answer: BotAnswer) -> [Effect] {
        guard let reshard, reshard.step == .planning else { return [] }  // the group ended meanwhile
        do throws(ReshardError) {
            let count = try self.plannedCount(reshard, answer)
            self.reshard?.to = count
            self.reshard?.step = .identifying
            self.preferredSet = reshard.from
            return [.report(.reshardBegan(from: reshard.from, to: count, reshard.cause)), .attach(ShardIdentity.all(of: count))]
        } catch {
            return self.failed(reshard, error)
        }
    }

    /// What Discord says from time to time, without a reason to ask.
    package mutating func recommendationLearned(_ answer: BotAnswer) -> [Effect] {
        guard self.reshardsByItself, self.reshard == nil, let from = self.wholeSet, case .bot(let recommended, _, _, _) = answer else { return [] }
        // Shards that 4011 ended are gone until the set is another: then one shard more is reason enough.
        if let refused = self.refusedCount, refused >= from {
            guard recommended > refused else { return [] }
            self.reshard = GroupReshard(from: from, to: nil, cause: .shardingRequired)
        } else {
            guard self.followsRecommendation, RecommendedShards.isRise(from: from, to: recommended) else { return [] }
            self.reshard = GroupReshard(from: from, to: nil, cause: .recommendationRose)
        }
        return self.botAnswered(answer)
    }

    private func plannedCount(_ reshard: GroupReshard, _ answer: BotAnswer) throws(ReshardError) -> Int {
        // Shards may have come and gone while Discord was asked.
        guard self.wholeSet == reshard.from else { throw .notWhole }
        switch answer {
        case .failed(let error): throw error
        case .nobodyToAsk:
            guard let count = reshard.to else { throw .countUnknown }
            try self.check(count, from: reshard.from)
            return count
        case .bot(let recommended, let total, let remaining, let resetAfter):
            let count = reshard.to ?? recommended
            try self.check(count, from: reshard.from)
            let floor = StartBudget.floor(ofTotal: total)
            guard count <= remaining - floor else {
                throw .startBudget(wanted: count, remaining: remaining, floor: floor, resetAfterMilliseconds: resetAfter)
            }
            return count
        }
    }

    private func check(_ count: Int, from: Int) throws(ReshardError) {
        guard 1...Self.maximumShards ~= count else { throw .outOfRange(count) }
        // Once Discord refused a count, no IDENTIFY is spent on one that it would refuse as well.
        if let refused = self.refusedCount, count <= refused { throw .notLarger(count, refused: refused) }
        guard count != from else { throw .sameCount(count) }
    }

    // MARK: The way up

    /// Every shard of the new set is live at this moment: it takes over.
    mutating func takeOverIfLive() -> [Effect] {
        guard let reshard, reshard.step == .identifying, let to = reshard.to else { return [] }
        guard (0..<to).allSatisfy({ self.isLive[ShardIdentity(id: ShardID($0), numShards: to)] == true }) else { return [] }
        let old = self.attached(of: reshard.from)
        self.reshard?.step = .retiring(Set(old))
        self.preferredSet = to
        self.isOwed = false
        return [.report(.connectedAllShards(count: to)), .stop(old, .retire(.resharded))] + self.endIfClosed()
    }

    /// This shard has ended: it may be one of those that are being closed.
    mutating func closed(_ shard: ShardIdentity) {
        switch self.reshard?.step {
        case .retiring(var open):
            open.remove(shard)
            self.reshard?.step = .retiring(open)
        case .givingUp(let error, var open):
            open.remove(shard)
            self.reshard?.step = .givingUp(error, open)
        case .planning, .identifying, nil: break
        }
    }

    /// All that were to be closed have ended.
    mutating func endIfClosed() -> [Effect] {
        guard let reshard, let to = reshard.to else { return [] }
        switch reshard.step {
        case .planning, .identifying: return []
        case .retiring(let open):
            guard open.isEmpty else { return [] }
            self.reshard = nil
            self.preferredSet = nil
            self.gone = self.gone.filter { $0.numShards == to }
            self.refusedSets.remove(reshard.from)
            var effects: [Effect] = [
                .forget(numShards: reshard.from), .report(.reshardEnded(from: reshard.from, to: to, reshard.cause)), .reshardSettled(nil),
            ]
            // Closed with 4011 in the moment between.
            if self.reshardsByItself, self.refusedCount == to, self.wholeSet == to { effects += self.plan(from: to, to: nil, .shardingRequired) }
            return effects
        case .givingUp(let error, let open):
            guard open.isEmpty else { return [] }
            self.preferredSet = nil
            self.gone = self.gone.filter { $0.numShards == reshard.from }
            return [.forget(numShards: to)] + self.failed(reshard, error)
        }
    }

    // MARK: Failure

    /// The new set is closed again; the old one serves on.
    mutating func giveUp(_ error: ReshardError) -> [Effect] {
        guard let reshard, reshard.step == .identifying, let to = reshard.to else { return [] }
        let new = self.attached(of: to)
        self.reshard?.step = .givingUp(error, Set(new))
        return [.stop(new, .retire(.invalidated))] + self.endIfClosed()
    }

    private mutating func failed(_ reshard: GroupReshard, _ error: ReshardError) -> [Effect] {
        self.reshard = nil
        switch error {
        // Of these another time may know better: the next 4011, or Discord's next recommendation, is cause to look again, which spends nothing.
        case .startBudget, .unreachable, .underWay, .ended: break
        case .notWhole, .outOfRange, .sameCount, .notLarger, .countUnknown, .unauthorized, .identifyGate, .fatalClose, .detached: self.awaitsOperator = true
        }
        return [.report(.reshardFailed(from: reshard.from, to: reshard.to, error)), .reshardSettled(error)]
    }

    var isRetiring: Bool {
        if case .retiring? = self.reshard?.step { true } else { false }
    }

    /// - Returns: `nil` where it is a matter of the whole group.
    package mutating func gateFailed(for shard: ShardIdentity, _ reason: String) -> [Effect]? {
        guard let reshard, shard.numShards == reshard.to else { return nil }
        switch reshard.step {
        case .identifying where self.attached(of: reshard.from).isEmpty: return nil
        case .identifying: return self.giveUp(.identifyGate(reason))
        case .givingUp: return []
        case .planning, .retiring: return nil
        }
    }

    /// The group ends, and with it what was on its way: every session of both sets is left as it is.
    package mutating func stopRequested() -> [Effect] {
        switch self.run {
        case .notBegun: self.run = .ended
        case .running: self.run = .stopping
        case .stopping, .ended: break
        }
        guard let reshard else { return [] }
        return self.failed(reshard, .ended)
    }

    // MARK: 4010 and 4011

    /// Discord ended a shard because of its set.
    mutating func setRefused(_ shard: ShardIdentity, code: UInt16) -> [Effect] {
        let isTooSmall = code == GatewayCloseCode.shardingRequired.rawValue
        if isTooSmall { self.refusedCount = max(self.refusedCount ?? 0, shard.numShards) }
        if let reshard {
            if shard.numShards == reshard.to {
                // One that took over already serves on, as an old one does.
                return reshard.step == .identifying ? self.giveUp(.fatalClose(shard, code: code)) : []
            }
            if shard.numShards == reshard.from { return [] }
        }
        if isTooSmall, self.isAutomatic, self.wholeSet == shard.numShards {
            return self.reshardsByItself && self.reshard == nil ? self.plan(from: shard.numShards, to: nil, .shardingRequired) : []
        }
        // The next shards of the set, which hear the same, say nothing new.
        guard self.refusedSets.insert(shard.numShards).inserted else { return [] }
        return [
            .report(.reshardRequired(numShards: shard.numShards, code: code)), .stop(self.attached(of: shard.numShards), .handOff),
        ]
    }

    private var reshardsByItself: Bool { self.isAutomatic && !self.awaitsOperator && !self.isStopping }

    /// The size of the set, where the group runs one, all of it and nothing else. Those count that ended with their set; those of a set of which none is left
    /// do not, where there is another.
    private var wholeSet: Int? {
        let sets = Set((self.isLive.isEmpty ? Array(self.gone) : Array(self.isLive.keys)).map(\.numShards))
        guard let numShards = sets.first, sets.count == 1 else { return nil }
        let known = Set(self.isLive.keys).union(self.gone).count { $0.numShards == numShards }
        return known == numShards ? numShards : nil
    }

    private func attached(of numShards: Int) -> [ShardIdentity] {
        self.shards.filter { $0.numShards == numShards }
    }
}
