import ClusterModel
import ClusterStore
import ClusterTestKit
import GatewayModel
import Testing

@Suite("Checkpoints") struct CheckpointTests {
    @Test("within one session the sequence never falls", arguments: StoreKind.allCases) func neverFalls(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1)], epoch)
            for (written, stored) in [(5, 5), (9, 9), (3, 9), (9, 9), (10, 10)] as [(Int64, Int64)] {
                try await store.save([row(0, 1, session("a", written))], epoch)
                #expect(try await store.shard(0).session == session("a", stored))
            }
            // A lower one does not change the URL either: the three fields belong together.
            try await store.save([row(0, 1, session("a", 4, url: "wss://other.test"))], epoch)
            #expect(try await store.shard(0).session == session("a", 10))
            try await store.save([row(0, 1, session("a", 10, url: "wss://other.test"))], epoch)
            #expect(try await store.shard(0).session == session("a", 10, url: "wss://other.test"))
            // The next owner of the same session is bound as well.
            try await store.write([assign(0, 2, to: "w2")], epoch)
            try await store.save([row(0, 2, session("a", 1))], epoch)
            #expect(try await store.shard(0).session == session("a", 10, url: "wss://other.test"))
        }
    }

    @Test("another session replaces id, URL and sequence together", arguments: StoreKind.allCases) func together(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1)], epoch)
            try await store.save([row(0, 1, session("a", 100))], epoch)
            try await store.save([row(0, 1, session("b", 1, url: "wss://b.test"))], epoch)
            #expect(try await store.shard(0).session == session("b", 1, url: "wss://b.test"))
        }
    }

    @Test("a lost session is forgotten, and another one may follow", arguments: StoreKind.allCases) func forgets(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1)], epoch)
            try await store.save([row(0, 1, session("a", 100))], epoch)
            try await store.save([row(0, 1, nil), row(1, 0, nil)], epoch)
            #expect(try await store.shard(0).session == nil)
            #expect(try await store.shard(1).session == nil)
            try await store.save([row(0, 1, session("b", 2))], epoch)
            #expect(try await store.shard(0).session == session("b", 2))
        }
    }

    @Test("rows of another epoch are skipped, the rest is written", arguments: StoreKind.allCases) func skipsStale(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 2), assign(1, 2)], epoch)
            try await store.save(
                [row(0, 1, session("old", 9)), row(0, 3, session("future", 9)), row(1, 2, session("a", 1)), row(77, 2, session("b", 1))], epoch)
            #expect(try await store.shard(0).session == nil)
            #expect(try await store.shard(1).session == session("a", 1))
            // A stale row cannot forget either.
            try await store.save([row(1, 1, nil)], epoch)
            #expect(try await store.shard(1).session == session("a", 1))
        }
    }

    @Test("the latest of several rows of one shard counts", arguments: StoreKind.allCases) func duplicates(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([assign(0, 1), assign(1, 2), assign(2, 1)], epoch)
            try await store.save(
                [
                    row(0, 1, session("a", 1)), row(0, 1, session("b", 5)), row(0, 1, session("b", 3)), row(1, 2, session("new", 4)),
                    row(1, 1, session("stale", 9)), row(2, 1, session("c", 1)), row(2, 1, nil),
                ], epoch)
            #expect(try await store.load(bot).shards.map(\.session) == [session("b", 5), session("new", 4), nil, nil])
        }
    }

    @Test("writers at one time, in any order, leave the highest sequence", arguments: StoreKind.allCases) func race(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, database in
            try await store.write((0..<4).map { assign($0, 1) }, epoch)
            var random = SeededGenerator(seed: 7)
            let batches = (Int64(1)...60).map { step in (0..<4).map { row($0, 1, session("a", step)) } }.shuffled(using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for batch in batches { group.addTask { try await store.save(batch.reversed(), epoch) } }
                try await group.waitForAll()
            }
            #expect(try await store.load(bot).shards.map(\.session) == Array(repeating: session("a", 60), count: 4))
        }
    }

    @Test("no row is no error", arguments: StoreKind.allCases) func empty(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in try await store.save([], epoch) }
    }

    @Test("ten thousand rows are one quick batch", arguments: StoreKind.allCases)
    func tenThousand(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, _ in
            let epoch = try await store.lead()
            try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 10_000, retiring: nil)], epoch)
            for step in Int64(1)...4 {
                let rows = (0..<10_000).map { row($0, 0, session("session-\($0)-0123456789abcdef", step)) }
                let start = ContinuousClock.now
                try await store.save(rows, epoch)
                let elapsed = ContinuousClock.now - start
                print("checkpoint of 10,000 rows, \(step == 1 ? "inserted" : "updated"), \(kind.rawValue): \(elapsed)")
                #expect(elapsed < .seconds(15), "many times the usual, for a busy machine")
            }
            let start = ContinuousClock.now
            let shards = try await store.load(bot).shards
            print("load of 10,000 shards, \(kind.rawValue): \(ContinuousClock.now - start)")
            #expect(shards.allSatisfy { $0.session?.sequence == 4 })
        }
    }
}
