import ClusterModel
import ClusterStore
import GatewayModel
import Testing

@Suite("Leadership") struct LeadershipTests {
    @Test("each win has a higher epoch and is in the history", arguments: StoreKind.allCases) func epochsRise(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, _ in
            var epochs: [CoordinatorEpoch] = []
            for turn in 0..<5 { epochs.append(try await store.lead(as: "c\(turn)")) }
            #expect(epochs == epochs.sorted() && Set(epochs).count == 5)
            let lines = try await store.history(of: bot, limit: 10)
            #expect(lines.map(\.coordinatorEpoch) == epochs.reversed())
            #expect(lines.allSatisfy { $0.transition.kind == .leaderStarted })
            #expect(lines.map(\.transition.detail) == ["c4", "c3", "c2", "c1", "c0"])
        }
    }

    @Test("a deposed coordinator writes nothing", arguments: StoreKind.allCases) func deposed(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, old, _ in
            let epoch = try await store.lead(as: "c2")
            let before = try await store.load(bot)
            let lines = try await store.history(of: bot, limit: 100)
            #expect(await store.commit([assign(0, 1)], epoch: old, application: bot) == .deposed)
            #expect(await store.commit([], epoch: old, application: bot) == .deposed)
            #expect(await store.commit([.transition(Transition(kind: .assigned))], epoch: old, application: bot) == .deposed)
            #expect(await store.checkpoint([row(0, 0, session("s", 1))], epoch: old, application: bot) == .deposed)
            #expect(try await store.beat(epoch: old, application: bot) == false)
            #expect(try await store.beat(epoch: epoch, application: bot))
            #expect(try await store.load(bot) == before)
            #expect(try await store.history(of: bot, limit: 100) == lines)
        }
    }

    @Test("an epoch that was never won writes nothing", arguments: StoreKind.allCases) func neverWon(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, _ in
            #expect(await store.commit([], epoch: CoordinatorEpoch(rawValue: 1), application: bot) == .deposed)
            let epoch = try await store.lead()
            let next = CoordinatorEpoch(rawValue: epoch.rawValue + 1)
            #expect(await store.commit([], epoch: next, application: bot) == .deposed)
            #expect(await store.commit([], epoch: epoch, application: ApplicationID(rawValue: "other")) == .deposed)
        }
    }

    @Test("after resigning the next one leads at once, and the old epoch is dead", arguments: StoreKind.allCases)
    func resigned(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, old, _ in
            try await store.resign(epoch: old, application: bot)
            #expect(await store.commit([], epoch: old, application: bot) == .deposed)
            #expect(try await store.beat(epoch: old, application: bot) == false)
            guard case .won(let epoch) = try await store.campaign(for: bot, holder: "c2", overriding: nil) else {
                Issue.record("not won")
                return
            }
            #expect(epoch > old)
            // A late resignation of the old one changes nothing.
            try await store.resign(epoch: old, application: bot)
            #expect(try await store.beat(epoch: epoch, application: bot))
        }
    }

    @Test("of candidates at one time, one leads in the end", arguments: StoreKind.allCases) func race(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, database in
            let first = try await store.lead()
            guard case .held(let beat) = try await Self.observe(store, database) else { return }
            let won = try await withThrowingTaskGroup(of: CoordinatorEpoch?.self) { group in
                for candidate in 0..<6 {
                    group.addTask {
                        guard case .won(let epoch) = try await store.campaign(for: bot, holder: "x\(candidate)", overriding: beat) else { return nil }
                        return epoch
                    }
                }
                return try await group.reduce(into: [CoordinatorEpoch]()) { won, epoch in if let epoch { won.append(epoch) } }
            }
            #expect(Set(won).count == won.count && won.allSatisfy { $0 > first })
            if kind != .sqlite { #expect(won.count == 1) }
            var leading: [CoordinatorEpoch] = []
            for epoch in won where await store.commit([], epoch: epoch, application: bot) == .committed { leading.append(epoch) }
            #expect(leading == [won.max()].compactMap { $0 })
        }
    }

    /// What a candidate would pass as `overriding`: SQLite overrides at once, whatever it is.
    private static func observe(_ store: any ClusterStore, _ database: TestDatabase) async throws -> Campaign {
        switch database.kind {
        case .sqlite: .held(LeaderBeat(epoch: CoordinatorEpoch(rawValue: 1), holder: "c1", beat: 1))
        case .postgres: try await store.campaign(for: bot, holder: "x", overriding: nil)
        }
    }
}
