/// One numbered step of the schema, embedded in the binary from `migrations/`.
struct Migration: Hashable, Sendable {
    /// From 1, without holes.
    var version: Int
    /// The file's name without `.sql`.
    var name: String
    var sql: String

    /// 64-bit FNV-1a of the text in hexadecimal: finds a file that was edited after it was applied; no protection against malice.
    var checksum: String {
        let hash = self.sql.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What is still to be applied, in order.
    /// - Parameters:
    ///   - applied: the rows of `schema_migration`.
    ///   - location: for the error only; without a password.
    /// - Throws: `StoreError.newerSchema`, `StoreError.changedMigration`.
    static func missing(from known: [Migration], applied: [AppliedMigration], location: String) throws(StoreError) -> [Migration] {
        let highest = applied.map(\.version).max() ?? 0
        let supported = known.map(\.version).max() ?? 0
        guard highest <= supported else { throw .newerSchema(location: location, found: highest, supported: supported) }
        for row in applied {
            guard let migration = known.first(where: { $0.version == row.version }), migration.checksum == row.checksum else {
                throw .changedMigration(location: location, name: row.name)
            }
        }
        return known.filter { migration in !applied.contains { $0.version == migration.version } }
    }
}

/// A row of `schema_migration`.
struct AppliedMigration: Hashable, Sendable {
    var version: Int
    var name: String
    var checksum: String
}
