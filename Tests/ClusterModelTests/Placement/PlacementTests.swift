import GatewayModel
import Testing

@testable import ClusterModel

@Suite("Placement") struct PlacementTests {
    private func keys(_ range: some Sequence<Int>) -> [ShardKey] {
        range.map { ShardKey(generation: Generation(rawValue: 1), shard: ShardID($0)) }
    }

    private func worker(_ id: String, capacity: Int = 100, _ shards: [ShardKey] = []) -> Placement.Worker {
        Placement.Worker(id: StableID(rawValue: id), capacity: capacity, shards: shards)
    }

    @Test("an empty cluster gets equal, contiguous ranges") func equalRanges() {
        let plan = Placement.assign(self.keys(0..<16), preferring: [:], over: [self.worker("a"), self.worker("b"), self.worker("c")], total: 16)
        let ranges = Dictionary(grouping: plan, by: \.worker.rawValue).mapValues { $0.map(\.key.shard.rawValue) }
        #expect(ranges["a"]! == Array(0..<6))
        #expect(ranges["b"]! == Array(6..<11))
        #expect(ranges["c"]! == Array(11..<16))
    }

    @Test("a worker that leaves moves only its own shards") func leaveMovesOnlyItsOwn() {
        let workers = [self.worker("a", self.keys(0..<6)), self.worker("c", self.keys(11..<16))]
        let plan = Placement.assign(self.keys(6..<11), preferring: [:], over: workers, total: 16)
        #expect(plan.count == 5)
        #expect(Set(plan.map(\.key)) == Set(self.keys(6..<11)))
        #expect(plan.count { $0.worker.rawValue == "a" } == 2)
        #expect(Placement.moves(over: [self.worker("a", self.keys(0..<8)), self.worker("c", self.keys(8..<16))], limit: 100).isEmpty)
    }

    @Test("a worker that joins costs at most its share", arguments: [(16, 3), (64, 5), (10, 1), (7, 7), (1, 1)])
    func joinMovesItsShare(shards: Int, workers count: Int) {
        let workers = (0..<count).map { self.worker("w\($0)") }
        let plan = Placement.assign(self.keys(0..<shards), preferring: [:], over: workers, total: shards)
        var owned = workers.map { worker in self.worker(worker.id.rawValue, plan.filter { $0.worker == worker.id }.map(\.key)) }
        #expect(Placement.moves(over: owned, limit: 1000).isEmpty, "an in-band state moves nothing")
        owned.append(self.worker("new"))
        let moves = Placement.moves(over: owned, limit: 1000)
        #expect(moves.count <= (shards + count) / (count + 1))
        #expect(moves.allSatisfy { $0.to.rawValue == "new" })
    }

    @Test("capacity is never exceeded, and what has no room stays unowned") func capacity() {
        let plan = Placement.assign(self.keys(0..<10), preferring: [:], over: [self.worker("a", capacity: 2), self.worker("b", capacity: 3)], total: 10)
        #expect(plan.count == 5)
        #expect(plan.count { $0.worker.rawValue == "a" } == 2)
    }

    @Test("a returning owner gets its shards back, whatever the shares say") func preferredOwner() {
        let keys = self.keys(0..<8)
        let preferred = Dictionary(uniqueKeysWithValues: keys.map { ($0, StableID(rawValue: "b")) })
        let plan = Placement.assign(keys, preferring: preferred, over: [self.worker("a"), self.worker("b")], total: 8)
        #expect(plan.allSatisfy { $0.worker.rawValue == "b" })
    }

    @Test("unequal capacities fill up first, the rest is shared") func waterfill() {
        #expect(Placement.quotas(for: 12, over: [self.worker("a", capacity: 2), self.worker("b"), self.worker("c")]) == [2, 5, 5])
        #expect(Placement.quotas(for: 3, over: [self.worker("a", capacity: 0), self.worker("b", capacity: 1)]) == [0, 1])
    }
}
