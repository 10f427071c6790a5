import ClusterModel
import ClusterStore
import GatewayModel
import Testing

@Suite("Assignments") struct AssignmentTests {
    @Test("a shard gets an owner, and a higher epoch moves it", arguments: StoreKind.allCases) func moves(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1), assign(1, 1)], epoch)
            try await store.save([row(0, 1, session("a", 7))], epoch)
            try await store.write([assign(0, 2, to: "w2")], epoch)
            let shard = try await store.shard(0)
            #expect(shard.owner == StableID(rawValue: "w2"))
            #expect(shard.incarnation == Incarnation(rawValue: "w2-1"))
            #expect(shard.epoch == AssignmentEpoch(rawValue: 2))
            #expect(shard.session == session("a", 7), "the session row stays")
        }
    }

    @Test("a stale epoch is refused, and nothing of its transaction is written", arguments: StoreKind.allCases)
    func allOrNothing(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(1, 5)], epoch)
            let before = try await store.load(bot)
            for stale in [assign(1, 5, to: "w2"), assign(1, 4, to: "w2"), .release(lease(1, 4)), assign(9, 1), .release(lease(9, 1))] {
                let writes: [StoreWrite] = [assign(0, 9), .transition(Transition(kind: .assigned)), stale, assign(2, 9)]
                let outcome = await store.commit(writes, epoch: epoch, application: bot)
                #expect(outcome.isRefused, "\(stale): \(outcome)")
            }
            #expect(try await store.load(bot) == before)
            #expect(try await store.history(of: bot, limit: 10).count == 1)
        }
    }

    @Test("a release takes the owner, keeps the session and stores its epoch", arguments: StoreKind.allCases) func release(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1), assign(1, 1)], epoch)
            try await store.save([row(0, 1, session("a", 7))], epoch)
            try await store.write([.release(lease(0, 1)), .release(lease(1, 3))], epoch)
            let shards = try await store.load(bot).shards
            #expect(shards[0] == StoredShard(key: key(0), owner: nil, incarnation: nil, epoch: AssignmentEpoch(rawValue: 1), session: session("a", 7)))
            #expect(shards[1] == StoredShard(key: key(1), owner: nil, incarnation: nil, epoch: AssignmentEpoch(rawValue: 3), session: nil))
        }
    }

    @Test("of two assignments with one epoch, one is refused", arguments: StoreKind.allCases) func race(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            for round in Int64(1)...20 {
                let outcomes = await withTaskGroup(of: CommitOutcome.self) { group in
                    for owner in ["w1", "w2", "w3"] {
                        group.addTask { await store.commit([assign(0, round, to: owner), assign(1, round, to: owner)], epoch: epoch, application: bot) }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.count { $0 == .committed } == 1 && outcomes.count { $0.isRefused } == 2, "\(outcomes)")
                let shards = try await store.load(bot).shards
                #expect(shards[0].owner == shards[1].owner)
            }
        }
    }

    @Test("a transaction of thousands of writes stays within its bound", arguments: StoreKind.allCases) func large(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, _ in
            let epoch = try await store.lead()
            try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 2000, retiring: nil)], epoch)
            let start = ContinuousClock.now
            try await store.write((0..<2000).flatMap { [assign($0, 1), .transition(Transition(kind: .assigned, lease: lease($0, 1)))] }, epoch)
            print("2,000 assignments with history in one transaction, \(kind.rawValue): \(ContinuousClock.now - start)")
            let shards = try await store.load(bot).shards
            #expect(shards.map(\.key) == (0..<2000).map { key($0) })
            #expect(shards.allSatisfy { $0.owner != nil })
        }
    }
}
