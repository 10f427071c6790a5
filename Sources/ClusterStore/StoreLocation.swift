import GatewayModel
public import Logging

/// What `--store` names: `sqlite:FILE` or a `postgres://` URI. Prints without the password.
public enum StoreLocation: Hashable, Sendable, CustomStringConvertible {
    /// A path, relative to the working directory where it does not begin with `/`.
    case sqlite(path: String)
    case postgres(PostgresOptions)

    /// - Throws: `StoreError.badLocation`.
    public init(parsing text: String) throws {
        if text.hasPrefix("sqlite:") {
            var path = text.dropFirst("sqlite:".count)
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty, path != ":memory:" else { throw StoreError.badLocation(text, why: "a coordinator's state must be in a file") }
            self = .sqlite(path: String(path))
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            self = .postgres(try PostgresOptions(uri: text))
        } else {
            // Not the whole text: it may hold a password.
            let scheme = text.prefix { $0 != ":" && $0 != "@" }
            throw StoreError.badLocation(String(scheme), why: "it begins with neither `sqlite:` nor `postgres://`")
        }
    }

    /// Opens the store; the caller migrates it, and closes it in the end.
    /// - Throws: `StoreError.locked`, `.unusableFile`, `.unreachable`.
    public func open(logger: Logger = Logger(label: "muster.store")) async throws -> any ClusterStore {
        switch self {
        case .sqlite(let path):
            return try SQLiteStore(path: path)
        case .postgres(let options):
            let store = PostgresStore(options, logger: logger)
            try await store.connect()
            return store
        }
    }

    public var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let options): options.location
        }
    }
}
