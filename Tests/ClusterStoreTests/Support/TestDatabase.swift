import ClusterModel
import ClusterTestKit
import Foundation
import GRDB
import GatewayModel
import Logging
import Testing

@testable import ClusterStore

/// An empty database of its own for one test.
struct TestDatabase: Sendable {
    let kind: StoreKind
    let location: StoreLocation
    private let cleanUp: @Sendable () async -> Void

    /// Runs `body` on a migrated store, and closes it.
    static func withStore(_ kind: StoreKind, _ body: (any ClusterStore, TestDatabase) async throws -> Void) async throws {
        try await self.withDatabase(kind) { database in
            let store = try await database.location.open()
            do {
                try await store.migrate()
                try await body(store, database)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    /// Runs `body` on a store that `holder` leads, with a shard set of 4 shards as generation 1.
    static func withCluster(_ kind: StoreKind, _ body: (any ClusterStore, CoordinatorEpoch, TestDatabase) async throws -> Void) async throws {
        try await self.withStore(kind) { store, database in
            let epoch = try await store.lead()
            try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 4, retiring: nil)], epoch)
            try await body(store, epoch, database)
        }
    }

    static func withDatabase(_ kind: StoreKind, _ body: (TestDatabase) async throws -> Void) async throws {
        let database = try await Self.make(kind)
        do {
            try await body(database)
        } catch {
            await database.cleanUp()
            throw error
        }
        await database.cleanUp()
    }

    /// Runs SQL beside the store, which may be open.
    func execute(_ sql: String) async throws {
        switch self.location {
        case .sqlite(let path):
            try await DatabaseQueue(path: path).write { db in try db.execute(sql: sql) }
        case .postgres(let options):
            let connection = PostgresConnection(options, name: "test", logger: Logger(label: "test"))
            let ending = await connection.transact([PostgresStatement(sql)])
            await connection.close()
            guard case .committed = ending else { throw NotExecuted(ending: "\(ending)") }
        }
    }

    /// SQL for a moment long ago, as the columns of this database hold time.
    var past: String {
        switch self.kind {
        case .sqlite: "1000"
        case .postgres: "timestamptz '2001-01-01'"
        }
    }

    private static func make(_ kind: StoreKind) async throws -> TestDatabase {
        switch kind {
        case .sqlite:
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            return TestDatabase(kind: kind, location: .sqlite(path: directory.path + "/muster.db")) {
                try? FileManager.default.removeItem(at: directory)
            }
        case .postgres:
            let server = try await SharedPostgres.server()
            var options = try PostgresOptions(uri: server.uri(database: try await server.makeDatabase()))
            // These tests ask what is written, not how fast on a busy machine.
            options.statementTimeout = .seconds(15)
            return TestDatabase(kind: kind, location: .postgres(options)) {}
        }
    }
}

struct NotExecuted: Error {
    var ending: String
}
