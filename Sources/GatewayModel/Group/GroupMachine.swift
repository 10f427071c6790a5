/// Decides for the shards that one process runs: when all are connected, and what the end of one means for the others.
package struct GroupMachine: Sendable {
    package enum Effect: Hashable, Sendable {
        case report(LifecycleEvent)
        /// Stop these, in this order.
        case stop([ShardIdentity], GroupStop)
        /// Nothing of this application can run: stop everything and end with this error.
        case fail(ShardIdentity, code: UInt16)
    }

    private var isLive: [ShardIdentity: Bool] = [:]
    /// `connectedAllShards` is owed for the shards attached since it was last said.
    private var isOwed = false
    private var retiredSets: Set<Int> = []

    package init() {}

    /// Attached and not ended.
    package var shards: [ShardIdentity] { self.isLive.keys.sorted() }

    /// Where commands for a guild go.
    package enum Route: Hashable, Sendable {
        case shard(ShardIdentity)
        /// Its shard, in each set of which there are shards here; the largest set first.
        case notHere([ShardIdentity])
    }

    /// The guild's shard of the largest set that has it here, live ones first.
    ///
    /// - Parameter numShards: only of this set.
    package func route(guild: UInt64, numShards: Int?) -> Route {
        let sets = numShards.map { [$0] } ?? Set(self.isLive.keys.map(\.numShards)).sorted(by: >)
        let owners = sets.map { ShardIdentity(id: ShardID(ofGuild: guild, numShards: $0), numShards: $0) }
        let here = owners.filter { self.isLive[$0] != nil }
        guard let shard = here.first(where: { self.isLive[$0] == true }) ?? here.first else { return .notHere(owners) }
        return .shard(shard)
    }

    package mutating func attached(_ shard: ShardIdentity) {
        self.isLive[shard] = false
        self.isOwed = true
        self.retiredSets.remove(shard.numShards)
    }

    package mutating func phaseChanged(_ shard: ShardIdentity, to phase: ShardPhase) -> [Effect] {
        guard self.isLive[shard] != nil else { return [] }
        self.isLive[shard] = phase == .live
        return self.sayConnected()
    }

    /// The run of a shard is over.
    package mutating func ended(_ shard: ShardIdentity, _ end: ShardEnd) -> [Effect] {
        guard self.isLive.removeValue(forKey: shard) != nil else { return [] }
        var effects: [Effect] = [.report(.ended(shard, end))]
        switch end {
        case .stopped: effects += self.sayConnected()
        case .fatal(let code, .stopShardSet):
            // The next shards of the set, which hear the same, say nothing new.
            guard self.retiredSets.insert(shard.numShards).inserted else { break }
            effects.append(.report(.reshardRequired(numShards: shard.numShards, code: code)))
            effects.append(.stop(self.shards.filter { $0.numShards == shard.numShards }, .handOff))
        case .fatal(let code, .stopApplication), .fatal(let code, .resume), .fatal(let code, .identify):
            effects.append(.fail(shard, code: code))
            effects.append(.stop(self.shards, .handOff))
        }
        return effects
    }

    private mutating func sayConnected() -> [Effect] {
        guard self.isOwed, !self.isLive.isEmpty, self.isLive.values.allSatisfy({ $0 }) else { return [] }
        self.isOwed = false
        return [.report(.connectedAllShards(count: self.isLive.count))]
    }
}
