import ClusterModel
import ClusterStore
import GatewayModel
import Testing

@Suite("Permits and budget") struct PermitTests {
    private static func id(_ text: String) -> PermitID { PermitID(rawValue: text) }

    @Test("an open permit marks its key, its outcome frees it", arguments: StoreKind.allCases) func opensAndCloses(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            #expect(try await store.load(bot).keys.isEmpty)
            try await store.write(
                [
                    .openPermit(permit("p1", key: 3), used: 1, windowEndsIn: .seconds(3600)),
                    .openPermit(permit("p2", key: 0), used: 2, windowEndsIn: .seconds(3600)),
                ],
                epoch)
            #expect(
                try await store.load(bot).keys == [
                    StoredRateLimitKey(key: 0, openPermit: Self.id("p2")), StoredRateLimitKey(key: 3, openPermit: Self.id("p1")),
                ])
            try await store.write([.closePermit(Self.id("p1"), .ready), .closePermit(Self.id("unknown to all"), .ready)], epoch)
            #expect(try await store.load(bot).keys == [StoredRateLimitKey(key: 0, openPermit: Self.id("p2")), StoredRateLimitKey(key: 3, openPermit: nil)])
        }
    }

    @Test("a permit id is used once", arguments: StoreKind.allCases) func once(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([.openPermit(permit("p1"), used: 1, windowEndsIn: nil)], epoch)
            try await store.write([.closePermit(Self.id("p1"), .ready)], epoch)
            let outcome = await store.commit([.openPermit(permit("p1", key: 1), used: 2, windowEndsIn: nil)], epoch: epoch, application: bot)
            #expect(outcome.isRefused)
            let cluster = try await store.load(bot)
            #expect(cluster.keys == [StoredRateLimitKey(key: 0, openPermit: nil)])
            #expect(cluster.budget.used == 1)
        }
    }

    @Test("the outcome of an earlier permit does not free the key of a later one", arguments: StoreKind.allCases)
    func matched(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([.openPermit(permit("p1"), used: 1, windowEndsIn: nil), .openPermit(permit("p2"), used: 2, windowEndsIn: nil)], epoch)
            try await store.write([.closePermit(Self.id("p1"), .ready)], epoch)
            #expect(try await store.load(bot).keys == [StoredRateLimitKey(key: 0, openPermit: Self.id("p2"))])
        }
    }

    @Test("an unknown outcome leaves the key open, a proven one that comes later frees it", arguments: StoreKind.allCases)
    func unknown(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([.openPermit(permit("p1"), used: 1, windowEndsIn: nil)], epoch)
            try await store.write([.closePermit(Self.id("p1"), .unknown)], epoch)
            #expect(try await store.load(bot).keys == [StoredRateLimitKey(key: 0, openPermit: Self.id("p1"))])
            try await store.write([.closePermit(Self.id("p1"), .ready)], epoch)
            #expect(try await store.load(bot).keys == [StoredRateLimitKey(key: 0, openPermit: nil)])
        }
    }

    @Test("of two permits with one id, one is refused", arguments: StoreKind.allCases) func race(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let outcomes = await withTaskGroup(of: CommitOutcome.self) { group in
                for key in 0..<4 {
                    group.addTask { await store.commit([.openPermit(permit("p1", key: key), used: 1, windowEndsIn: nil)], epoch: epoch, application: bot) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .committed } == 1 && outcomes.count { $0.isRefused } == 3, "\(outcomes)")
            let keys = try await store.load(bot).keys
            #expect(keys.count == 1)
        }
    }

    @Test("the window ends by the store's clock, and with it what was used", arguments: StoreKind.allCases) func window(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, database in
            #expect(try await store.load(bot).budget == StoredBudget())
            try await store.write([.openPermit(permit("p1"), used: 17, windowEndsIn: .seconds(86_400))], epoch)
            let budget = try await store.load(bot).budget
            #expect(budget.used == 17)
            let left = try #require(budget.windowEndsIn)
            #expect(left <= .seconds(86_401) && left > .seconds(86_300))
            try await database.execute("UPDATE application SET window_ends = \(database.past)")
            #expect(try await store.load(bot).budget == StoredBudget())
            try await store.write([.openPermit(permit("p2"), used: 1, windowEndsIn: nil)], epoch)
            #expect(try await store.load(bot).budget == StoredBudget(used: 1))
        }
    }

    @Test("an opened floor holds for its time", arguments: StoreKind.allCases) func floor(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, database in
            try await store.write([.openFloor(3, for: .seconds(600))], epoch)
            let budget = try await store.load(bot).budget
            #expect(budget.openedFloor == 3)
            let left = try #require(budget.floorOpenFor)
            #expect(left <= .seconds(601) && left > .seconds(500))
            // A permit does not touch it.
            try await store.write([.openPermit(permit("p1"), used: 1, windowEndsIn: nil)], epoch)
            #expect(try await store.load(bot).budget.openedFloor == 3)
            try await store.write([.openFloor(nil, for: nil)], epoch)
            #expect(try await store.load(bot).budget == StoredBudget(used: 1))
            try await store.write([.openFloor(0, for: .seconds(600))], epoch)
            try await database.execute("UPDATE application SET floor_ends = \(database.past)")
            #expect(try await store.load(bot).budget == StoredBudget(used: 1))
        }
    }
}
