/// Decides for the shards that one process runs: when all are connected, what the end of one means for the others, and how they go over to another set.
package struct GroupMachine: Sendable {
    package enum Effect: Hashable, Sendable {
        case report(LifecycleEvent)
        /// It was attached, and runs from here on until `ended` says that it is over.
        case start(ShardIdentity)
        /// Stop these, in this order.
        case stop([ShardIdentity], GroupStop)
        /// Nothing of this application can run: stop everything and end with this error.
        case fail(ShardIdentity, code: UInt16)
        /// Ask `GET /gateway/bot`, then tell `botAnswered`.
        case askForBot
        /// Attach these, without sessions.
        case attach([ShardIdentity])
        /// Nothing of this set is worth keeping: its shards have ended, their sessions too.
        case forget(numShards: Int)
        /// The re-shard under way is over; `nil`: it succeeded.
        case reshardSettled(ReshardError?)
        /// Last of all.
        case end
    }

    /// Where the group's run stands.
    package enum Run: Hashable, Sendable {
        case notBegun, running
        /// Asked to end: nothing is attached any more.
        case stopping
        /// Also where it was asked to end before it began.
        case ended
    }

    let isAutomatic: Bool
    let followsRecommendation: Bool
    package internal(set) var run = Run.notBegun
    var isLive: [ShardIdentity: Bool] = [:]
    /// `connectedAllShards` is owed for the shards attached since it was last said.
    var isOwed = false
    /// Sets that were stopped because Discord refused them.
    var refusedSets: Set<Int> = []
    /// Shards that ended with their refused set, or because of it.
    var gone: Set<ShardIdentity> = []
    /// The largest set of which Discord closed a shard with 4011.
    var refusedCount: Int?
    var reshard: GroupReshard?
    /// A re-shard failed for reasons that do not pass by themselves: 4011 begins no other.
    var awaitsOperator = false
    /// Where commands go first; `nil`: the largest.
    var preferredSet: Int?
    var isStopping: Bool { self.run == .stopping || self.run == .ended }

    /// - Parameters:
    ///   - isAutomatic: 4011 begins a re-shard, where the group runs the whole set.
    ///   - followsRecommendation: so does a rise of the recommended count; not where somebody chose the count.
    package init(isAutomatic: Bool = false, followsRecommendation: Bool = true) {
        self.isAutomatic = isAutomatic
        self.followsRecommendation = followsRecommendation
    }

    /// Attached and not ended.
    package var shards: [ShardIdentity] { self.isLive.keys.sorted() }

    /// Where commands for a guild go.
    package enum Route: Hashable, Sendable {
        case shard(ShardIdentity)
        /// Its shard, in each set of which there are shards here; the largest set first.
        case notHere([ShardIdentity])
    }

    /// The guild's shard of the largest set that has it here, live ones first; while a re-shard is on its way, of the set that serves.
    ///
    /// - Parameter numShards: only of this set.
    package func route(guild: UInt64, numShards: Int?) -> Route {
        let sets = numShards.map { [$0] } ?? self.setsInOrder
        let owners = sets.map { ShardIdentity(id: ShardID(ofGuild: guild, numShards: $0), numShards: $0) }
        let here = owners.filter { self.isLive[$0] != nil }
        guard let shard = here.first(where: { self.isLive[$0] == true }) ?? here.first else { return .notHere(owners) }
        return .shard(shard)
    }

    private var setsInOrder: [Int] {
        let sets = Set(self.isLive.keys.map(\.numShards)).sorted(by: >)
        return sets.filter { $0 == self.preferredSet } + sets.filter { $0 != self.preferredSet }
    }

    /// - Returns: `nil` where it began before, or was asked to end.
    package mutating func runRequested() -> [Effect]? {
        guard self.run == .notBegun else { return nil }
        self.run = .running
        return self.shards.map { .start($0) }
    }

    // MARK: Shards that come and go

    /// Why a shard is not attached.
    package enum AttachRefusal: Error, Hashable {
        /// It is attached, and the end of that has not come.
        case isPresent
        case groupEnded
    }

    /// It starts with the group's run, and behind what was decided before: the end of the time before, if there was one, is told by then.
    package mutating func attachRequested(_ shard: ShardIdentity) throws(AttachRefusal) -> [Effect] {
        guard !self.isStopping else { throw .groupEnded }
        guard self.isLive[shard] == nil else { throw .isPresent }
        self.isLive[shard] = false
        self.gone.remove(shard)
        self.refusedSets.remove(shard.numShards)
        // Of a new set it is said when it takes over.
        if self.reshard?.to != shard.numShards { self.isOwed = true }
        return self.run == .running ? [.start(shard)] : []
    }

    /// These are taken out.
    ///
    /// - Parameter shards: attached, with the sessions that they have.
    /// - Returns: `nil` where they run: then they are to be stopped, and `ended` follows. Before the run they have ended with this, and nothing follows.
    package mutating func detachRequested(_ shards: [(shard: ShardIdentity, session: GatewaySession?)]) -> [Effect]? {
        guard self.run == .notBegun else { return nil }
        var effects: [Effect] = []
        for (shard, session) in shards { effects += self.ended(shard, .stopped(session)) }
        return effects
    }

    package mutating func phaseChanged(_ shard: ShardIdentity, to phase: ShardPhase) -> [Effect] {
        guard self.isLive[shard] != nil else { return [] }
        self.isLive[shard] = phase == .live
        return self.takeOverIfLive() + self.sayConnected()
    }

    /// The run of a shard is over.
    package mutating func ended(_ shard: ShardIdentity, _ end: ShardEnd) -> [Effect] {
        guard self.isLive.removeValue(forKey: shard) != nil else { return [] }
        self.closed(shard)
        let ended = [Effect.report(.ended(shard, end))]
        guard !self.isStopping else { return ended + self.failures(of: shard, end) }
        switch end {
        case .stopped:
            if self.refusedSets.contains(shard.numShards) { self.gone.insert(shard) }
            if let reshard, reshard.step == .identifying, shard.numShards == reshard.to { return ended + self.giveUp(.detached(shard)) }
        case .fatal(let code, .stopShardSet):
            self.gone.insert(shard)
            return ended + self.setRefused(shard, code: code) + self.endIfClosed() + self.sayConnected()
        case .fatal(let code, .stopApplication), .fatal(let code, .resume), .fatal(let code, .identify):
            // What is wrong with the new set need not be wrong with the sessions that the old one has.
            if let reshard, shard.numShards == reshard.to, !self.isRetiring, self.shards.contains(where: { $0.numShards == reshard.from }) {
                return ended + self.giveUp(.fatalClose(shard, code: code)) + self.endIfClosed() + self.sayConnected()
            }
            return ended + self.failures(of: shard, end) + [.stop(self.shards, .handOff)]
        }
        return ended + self.endIfClosed() + self.sayConnected()
    }

    /// No shard runs any more, and none will.
    package mutating func runEnded() -> [Effect] {
        self.run = .ended
        return [.report(.groupEnded), .end]
    }

    private func failures(of shard: ShardIdentity, _ end: ShardEnd) -> [Effect] {
        switch end {
        case .stopped, .fatal(_, .stopShardSet): []
        case .fatal(let code, .stopApplication), .fatal(let code, .resume), .fatal(let code, .identify): [.fail(shard, code: code)]
        }
    }

    private mutating func sayConnected() -> [Effect] {
        guard self.isOwed, !self.isLive.isEmpty, self.isLive.values.allSatisfy({ $0 }), !self.isClosingSome else { return [] }
        self.isOwed = false
        return [.report(.connectedAllShards(count: self.isLive.count))]
    }

    /// Shards of a set that was refused, or that a re-shard closes, are live and will not be: their ends come first.
    private var isClosingSome: Bool {
        switch self.reshard?.step {
        case .retiring, .givingUp: true
        case .planning, .identifying, nil: self.isLive.keys.contains { self.refusedSets.contains($0.numShards) }
        }
    }
}
