import ClusterModel
import ClusterStore
import GatewayModel
import Testing

@Suite("Generations") struct GenerationTests {
    private static func generation(_ number: Int) -> Generation { Generation(rawValue: number) }

    @Test("a new store is empty", arguments: StoreKind.allCases) func empty(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, _ in
            let (cluster, lines) = (try await store.load(bot), try await store.history(of: bot, limit: 10))
            #expect(cluster == StoredCluster(application: bot))
            #expect(lines == [])
        }
    }

    @Test("activation inserts unowned shards", arguments: StoreKind.allCases) func activates(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, _, _ in
            let cluster = try await store.load(bot)
            #expect(cluster.activeGeneration == Self.generation(1))
            #expect(cluster.generations == [StoredGeneration(generation: Self.generation(1), numShards: 4, phase: .active)])
            let none = AssignmentEpoch(rawValue: 0)
            #expect(cluster.shards == (0..<4).map { StoredShard(key: key($0), owner: nil, incarnation: nil, epoch: none, session: nil) })
        }
    }

    @Test("activation retires the old set, with its owners and sessions", arguments: StoreKind.allCases) func retires(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1), assign(1, 1)], epoch)
            try await store.save([row(0, 1, session("a", 5))], epoch)
            try await store.write([.activateGeneration(Self.generation(2), numShards: 6, retiring: Self.generation(1))], epoch)
            let cluster = try await store.load(bot)
            #expect(cluster.activeGeneration == Self.generation(2))
            #expect(cluster.generations.map(\.phase) == [.retired, .active])
            #expect(cluster.shards.map(\.key) == (0..<6).map { key($0, generation: 2) })
            #expect(cluster.shards.allSatisfy { $0.session == nil && $0.owner == nil })
            // What is late for the old set changes nothing.
            #expect(await store.commit([assign(0, 9)], epoch: epoch, application: bot).isRefused)
            try await store.save([row(0, 1, session("a", 6))], epoch)
            #expect(try await store.load(bot) == cluster)
            try await store.write([.release(lease(0, 1))], epoch)
            #expect(try await store.load(bot) == cluster)
        }
    }

    @Test("a generation is activated once, and only one is active", arguments: StoreKind.allCases) func once(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let before = try await store.load(bot)
            let wrong: [StoreWrite] = [
                .activateGeneration(Self.generation(1), numShards: 4, retiring: nil),
                .activateGeneration(Self.generation(1), numShards: 4, retiring: Self.generation(1)),
                .activateGeneration(Self.generation(2), numShards: 4, retiring: nil),
                .activateGeneration(Self.generation(3), numShards: 4, retiring: Self.generation(2)),
            ]
            for write in wrong {
                let outcome = await store.commit([write], epoch: epoch, application: bot)
                #expect(outcome.isRefused, "\(write): \(outcome)")
            }
            #expect(try await store.load(bot) == before)
        }
    }

    @Test("applications do not see each other", arguments: StoreKind.allCases) func separate(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let other = ApplicationID(rawValue: "other")
            let otherEpoch = try await store.lead(other)
            let activation = StoreWrite.activateGeneration(Self.generation(1), numShards: 2, retiring: nil)
            #expect(await store.commit([activation, assign(0, 8)], epoch: otherEpoch, application: other) == .committed)
            #expect(await store.checkpoint([row(0, 8, session("x", 1))], epoch: otherEpoch, application: other) == .committed)
            try await store.write([assign(0, 1)], epoch)
            #expect(try await store.load(bot).shards.count == 4)
            #expect(try await store.shard(0).session == nil)
            #expect(try await store.load(other).shards[0].session == session("x", 1))
            #expect(try await store.history(of: other, limit: 10).count == 1)
        }
    }
}
