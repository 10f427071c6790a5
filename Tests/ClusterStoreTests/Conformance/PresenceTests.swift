import ClusterModel
import ClusterStore
import GatewayModel
import Testing

@Suite("Presences") struct PresenceTests {
    private static func planned(_ name: String, _ revision: Int64) -> PlannedPresence {
        PlannedPresence(
            Presence(since: 5, activities: [.playing(name), .streaming(name, url: "https://twitch.tv/x"), .custom("é \" 🦊 \0")], status: .dnd, afk: true),
            revision: PresenceRevision(rawValue: revision))
    }

    private static func row(_ shard: Int?, _ planned: PlannedPresence) -> StoredPresence {
        StoredPresence(shard: shard.map { ShardID($0) }, presence: planned.presence, revision: planned.revision)
    }

    @Test("D19: they come back as they were set, the one for all first", arguments: StoreKind.allCases) func comeBack(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let (all, some, one) = (Self.planned("'; DROP TABLE presence; --", 1), Self.planned("{\"a,b\"}", 2), Self.planned(#"\"#, .max))
            try await store.write([.setPresence(all, .all)], epoch)
            try await store.write([.setPresence(some, .shards([ShardID(3), ShardID(1)]))], epoch)
            try await store.write([.setPresence(one, .shards([ShardID(3)]))], epoch)
            #expect(try await store.load(bot).presences == [Self.row(nil, all), Self.row(1, some), Self.row(3, one)])
        }
    }

    @Test("D19: one for all takes the place of all others", arguments: StoreKind.allCases) func replaces(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([.setPresence(Self.planned("a", 1), .shards([ShardID(2)])), .setPresence(Self.planned("b", 2), .all)], epoch)
            #expect(try await store.load(bot).presences == [Self.row(nil, Self.planned("b", 2))])
        }
    }

    @Test("a new shard set forgets those of single shards, of its application only", arguments: StoreKind.allCases)
    func reshards(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let other = ApplicationID(rawValue: "other")
            let otherEpoch = try await store.lead(other)
            let writes: [StoreWrite] = [.setPresence(Self.planned("a", 1), .all), .setPresence(Self.planned("b", 2), .shards([ShardID(0)]))]
            try await store.write(writes, epoch)
            #expect(await store.commit(writes, epoch: otherEpoch, application: other) == .committed)
            try await store.write([.forgetShardPresences], epoch)
            #expect(try await store.load(bot).presences == [Self.row(nil, Self.planned("a", 1))])
            #expect(try await store.load(other).presences.count == 2)
        }
    }

    @Test("a refused transaction leaves them as they were", arguments: StoreKind.allCases) func refused(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            try await store.write([.setPresence(Self.planned("a", 1), .all)], epoch)
            let outcome = await store.commit(
                [.setPresence(Self.planned("b", 2), .all), .activateGeneration(Generation(rawValue: 1), numShards: 4, retiring: nil)], epoch: epoch,
                application: bot)
            #expect(outcome.isRefused)
            #expect(try await store.load(bot).presences == [Self.row(nil, Self.planned("a", 1))])
        }
    }
}
