public import GatewayModel

/// What `--sink` says: `ndjson:-` (standard output), `ndjson:FILE` or `null`.
public enum SinkSpecification: Hashable, Sendable, CustomStringConvertible {
    case standardOutput
    case file(String)
    case null

    public init(_ text: String) throws(OperatorMistake) {
        switch text {
        case "null": self = .null
        case "ndjson:-": self = .standardOutput
        case let text where text.hasPrefix("ndjson:") && text.utf8.count > "ndjson:".utf8.count:
            self = .file(String(text.dropFirst("ndjson:".count)))
        default:
            throw OperatorMistake(what: "unknown sink `\(text)`", why: "a sink is ndjson:-, ndjson:FILE or null", fix: "write --sink ndjson:events.ndjson")
        }
    }

    public var description: String {
        switch self {
        case .standardOutput: "ndjson:-"
        case .file(let path): "ndjson:\(path)"
        case .null: "null"
        }
    }

    /// - Parameter sync: with `fdatasync` before anything counts as accepted.
    /// - Throws: `OperatorMistake` where it cannot be opened.
    public func open(sync: Bool) throws(OperatorMistake) -> any EventSink {
        switch self {
        case .standardOutput: try NDJSONSink(descriptor: 1, name: self.description, sync: sync)
        case .file(let path): try NDJSONSink(file: path, sync: sync)
        case .null: NullSink()
        }
    }
}
