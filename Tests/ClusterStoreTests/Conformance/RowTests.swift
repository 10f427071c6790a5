import ClusterModel
import ClusterStore
import GatewayModel
import Testing

@Suite("Rows and history") struct RowTests {
    @Test("history is newest first, within its limit, with the store's time", arguments: StoreKind.allCases) func history(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let transitions = Transition.Kind.allCases.map { kind in
                Transition(kind: kind, lease: lease(2, 3), worker: StableID(rawValue: "w1"), detail: "because of \(kind.rawValue)")
            }
            try await store.write(transitions.map { .transition($0) }, epoch)
            let lines = try await store.history(of: bot, limit: transitions.count)
            #expect(lines.map(\.transition) == transitions.reversed())
            #expect(lines.map(\.id) == lines.map(\.id).sorted(by: >))
            #expect(lines.allSatisfy { $0.coordinatorEpoch == epoch })
            let timePattern = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ/
            #expect(lines.allSatisfy { $0.at.wholeMatch(of: timePattern) != nil }, "\(lines[0].at)")
            #expect(try await store.history(of: bot, limit: 0).count == 1)
            #expect(try await store.history(of: bot, limit: .max).count == transitions.count + 1)
        }
    }

    @Test("a worker is one row, its newest life", arguments: StoreKind.allCases) func workers(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            func worker(_ name: String, _ life: Int, _ capacity: Int) -> StoredWorker {
                StoredWorker(stableID: StableID(rawValue: name), incarnation: Incarnation(rawValue: "\(name)-\(life)"), capacity: capacity)
            }
            try await store.write([.saveWorker(worker("w2", 1, 8)), .saveWorker(worker("w1", 1, 32))], epoch)
            try await store.write([.saveWorker(worker("w2", 2, 16))], epoch)
            #expect(try await store.load(bot).workers == [worker("w1", 1, 32), worker("w2", 2, 16)])
        }
    }

    @Test(
        "any text comes back as it was",
        arguments: StoreKind.allCases,
        ["'; DROP TABLE shard; --", #"{"a,b"}"#, #"\"#, #"a\"b"#, "NULL", "", " ", "é 🦊 \u{202E}", "line\nbreak\ttab", "$1 ? %s :x"])
    func anyText(_ kind: StoreKind, _ text: String) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let owner = StableID(rawValue: text)
            let transition = Transition(kind: .assigned, lease: lease(0, 1), worker: owner, detail: text)
            try await store.write(
                [
                    .assign(lease(0, 1), owner: owner, incarnation: Incarnation(rawValue: text)), .transition(transition),
                    .openPermit(PermitRecord(id: PermitID(rawValue: text), rateLimitKey: 0, lease: lease(0, 1), worker: owner), used: 1, windowEndsIn: nil),
                ], epoch)
            try await store.save([row(0, 1, session(text, 1, url: text)), row(1, 0, session("b", 1))], epoch)
            let cluster = try await store.load(bot)
            #expect(cluster.shards[0].owner == owner)
            #expect(cluster.shards[0].incarnation?.rawValue == text)
            #expect(cluster.shards[0].session == session(text, 1, url: text))
            #expect(cluster.shards[1].session == session("b", 1))
            #expect(cluster.keys == [StoredRateLimitKey(key: 0, openPermit: PermitID(rawValue: text))])
            #expect(try await store.history(of: bot, limit: 1).first?.transition == transition)
        }
    }

    @Test("a zero byte harms nothing", arguments: StoreKind.allCases) func zeroByte(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.save([row(0, 0, session("a\0b", 1)), row(1, 0, session("c", 1))], epoch)
            let shards = try await store.load(bot).shards
            #expect(shards[0].session?.sequence == 1)
            #expect(shards[1].session == session("c", 1))
        }
    }

    @Test("a closed store fails, it does not crash", arguments: StoreKind.allCases) func closed(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            await store.close()
            await store.close()
            #expect(await store.commit([], epoch: epoch, application: bot).isFailed)
            #expect(await store.checkpoint([], epoch: epoch, application: bot).isFailed)
            await #expect(throws: StoreError.self) { _ = try await store.load(bot) }
            await #expect(throws: StoreError.self) { _ = try await store.beat(epoch: epoch, application: bot) }
        }
    }

    @Test("what was committed is there after closing and opening again", arguments: StoreKind.allCases) func durable(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, database in
            try await store.write([assign(0, 1), .openPermit(permit("p1"), used: 1, windowEndsIn: nil)], epoch)
            try await store.save([row(0, 1, session("a", 5))], epoch)
            let before = try await store.load(bot)
            await store.close()
            let again = try await database.location.open()
            try await again.migrate()
            #expect(try await again.load(bot) == before)
            #expect(try await again.lead() > epoch)
            await again.close()
        }
    }
}
