import ClusterModel
import Foundation
import GatewayModel
import Testing

@testable import ClusterStore

@Suite("SQLite store") struct SQLiteStoreTests {
    @Test("a second coordinator on one file is refused, with who holds it") func locked() async throws {
        try await TestDatabase.withStore(.sqlite) { store, database in
            await #expect {
                _ = try await database.location.open()
            } throws: { error in
                guard case .locked(_, holder: String(ProcessInfo.processInfo.processIdentifier)) = error as? StoreError else { return false }
                return String(describing: error).contains("is in use")
            }
            await store.close()
            let again = try await database.location.open()
            await again.close()
        }
    }

    @Test("a link to the file is the same file") func lockedThroughLink() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("muster-link-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteStore(path: directory + "/m.db")
        try FileManager.default.createSymbolicLink(atPath: directory + "/link.db", withDestinationPath: directory + "/m.db")
        #expect(throws: StoreError.self) { try SQLiteStore(path: directory + "/link.db") }
        await store.close()
    }

    @Test("leadership is overridden at once: the lock proves that the predecessor is dead") func overrides() async throws {
        try await TestDatabase.withStore(.sqlite) { store, _ in
            let first = try await store.lead()
            guard case .won(let second) = try await store.campaign(for: bot, holder: "c2", overriding: nil) else {
                Issue.record("not won")
                return
            }
            #expect(second > first)
        }
    }

    @Test("a file that cannot be used is one clear error", arguments: ["/nonexistent/folder/muster.db", "/"]) func unusable(_ path: String) {
        #expect {
            _ = try SQLiteStore(path: path)
        } throws: { error in
            if case .unusableFile = error as? StoreError { true } else { false }
        }
    }

    @Test("a file that is no database is one clear error") func noDatabase() async throws {
        try await TestDatabase.withDatabase(.sqlite) { database in
            guard case .sqlite(let path) = database.location else { return }
            try Data("a text file that somebody named by mistake, longer than a header".utf8).write(to: URL(fileURLWithPath: path))
            await #expect(throws: StoreError.self) {
                let store = try SQLiteStore(path: path)
                try await store.migrate()
            }
        }
    }

    @Test("a full disk fails a write and leaves the rest as it was") func full() async throws {
        try await TestDatabase.withCluster(.sqlite) { store, epoch, _ in
            let sqlite = try #require(store as? SQLiteStore)
            try await sqlite.limitPages()
            let text = String(repeating: "x", count: 1_000_000)
            let outcome = await store.commit([assign(0, 1), .transition(Transition(kind: .assigned, detail: text))], epoch: epoch, application: bot)
            #expect(outcome.isFailed, "\(outcome)")
            #expect(try await store.shard(0).owner == nil)
            #expect(try await store.beat(epoch: epoch, application: bot))
        }
    }

    @Test("it writes ahead and syncs each commit") func settings() async throws {
        try await TestDatabase.withStore(.sqlite) { store, _ in
            let sqlite = try #require(store as? SQLiteStore)
            #expect(try await sqlite.settings() == ["wal", "2"])
        }
    }
}
