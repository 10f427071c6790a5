public import GatewayModel

/// What went wrong with a store, for its operator. No case ever holds a password: a location is printed without it.
public enum StoreError: OperatorError, Equatable {
    /// The text of `--store` names no store.
    case badLocation(String, why: String)
    case unreachable(location: String, reason: String)
    /// The file cannot be opened, created or written.
    case unusableFile(path: String, reason: String)
    /// Another process holds the lock on this SQLite file.
    case locked(path: String, holder: String?)
    /// The schema was written by a newer Muster.
    case newerSchema(location: String, found: Int, supported: Int)
    /// A migration that was applied differs from the one in this binary.
    case changedMigration(location: String, name: String)
    /// A statement failed; nothing was written.
    case failed(location: String, reason: String)
    /// The connection was lost around COMMIT.
    case outcomeUnknown(location: String, reason: String)
    /// A row that no Muster writes.
    case unreadableRow(location: String, reason: String)

    public var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .badLocation(let text, let why):
            ("`\(text)` names no store", why, "write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`")
        case .unreachable(let location, let reason):
            ("the database \(location) cannot be reached", reason, "check that it runs and that address, user and password are right")
        case .unusableFile(let path, let reason):
            ("the database file \(path) cannot be used", reason, "check the path, its permissions and the free space")
        case .locked(let path, let holder):
            (
                "the database file \(path) is in use", "another coordinator\(holder.map { " (process \($0))" } ?? "") holds its lock",
                "stop that one first, or give this one a file of its own"
            )
        case .newerSchema(let location, let found, let supported):
            (
                "the schema of \(location) is newer than this binary", "it has version \(found), this binary knows up to \(supported)",
                "run the newer Muster that migrated it, or restore a backup from before"
            )
        case .changedMigration(let location, let name):
            (
                "the schema of \(location) was made by another migration `\(name)`", "its checksum differs from the one in this binary",
                "run the build that made it, or start with an empty database"
            )
        case .failed(let location, let reason):
            ("the database \(location) refused a statement", reason, "see the database's log")
        case .outcomeUnknown(let location, let reason):
            ("it is unknown whether the database \(location) committed", reason, "nothing: it is read again")
        case .unreadableRow(let location, let reason):
            ("the database \(location) holds a row that cannot be read", reason, "restore it from a backup, or start with an empty database")
        }
    }
}
