import Foundation
import GatewayModel
import Testing

@testable import ClusterStore

@Suite("Migrations") struct MigrationTests {
    @Test("the embedded texts are those of the files; run scripts/embed-migrations", arguments: ["postgres", "sqlite"])
    func embedded(_ folder: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let directory = root.appendingPathComponent("migrations/\(folder)")
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "sql" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
        let embedded = folder == "postgres" ? Migration.postgres : Migration.sqlite
        #expect(embedded.map(\.name) == files.map { $0.deletingPathExtension().lastPathComponent })
        #expect(embedded.map(\.version) == Array(1...files.count))
        for (migration, file) in zip(embedded, files) {
            #expect(try migration.sql == String(contentsOf: file, encoding: .utf8), "\(migration.name)")
        }
    }

    @Test("the checksum of an applied migration is fixed for ever") func checksums() {
        #expect(Migration(version: 1, name: "", sql: "").checksum == "cbf29ce484222325")
        #expect(Migration(version: 1, name: "", sql: "a").checksum == "af63dc4c8601ec8c")
    }

    @Test("migrating again changes nothing", arguments: StoreKind.allCases) func idempotent(_ kind: StoreKind) async throws {
        try await TestDatabase.withCluster(kind) { store, epoch, _ in
            let before = try await store.load(bot)
            try await store.migrate()
            try await store.migrate()
            #expect(try await store.load(bot) == before)
            #expect(try await store.beat(epoch: epoch, application: bot))
        }
    }

    @Test("a schema newer than the binary is refused", arguments: StoreKind.allCases) func newer(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, database in
            try await database.execute("INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (99, 'later', 'x', \(database.past))")
            await #expect {
                try await store.migrate()
            } throws: { error in
                guard case .newerSchema(_, found: 99, supported: 2) = error as? StoreError else { return false }
                return String(describing: error).contains("newer than this binary")
            }
        }
    }

    @Test("a migration that was edited after it was applied is refused", arguments: StoreKind.allCases) func edited(_ kind: StoreKind) async throws {
        try await TestDatabase.withStore(kind) { store, database in
            try await database.execute("UPDATE schema_migration SET checksum = 'other'")
            await #expect {
                try await store.migrate()
            } throws: { error in
                if case .changedMigration = error as? StoreError { true } else { false }
            }
        }
    }
}
