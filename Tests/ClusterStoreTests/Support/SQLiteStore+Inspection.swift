import GRDB

@testable import ClusterStore

extension SQLiteStore {
    /// `journal_mode` and `synchronous` of the connection that writes.
    func settings() async throws -> [String] {
        try await self.writing { db in
            [try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "", try String.fetchOne(db, sql: "PRAGMA synchronous") ?? ""]
        }
    }

    /// As if the disk had room for a few pages more.
    func limitPages() async throws {
        try await self.writing { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 5)")
        }
    }
}
