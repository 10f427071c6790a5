public import GatewayModel
public import Logging

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
    public func open(sync: Bool, logger: Logger) throws(OperatorMistake) -> any EventSink {
        switch self {
        case .standardOutput: return try NDJSONSink(descriptor: 1, name: self.description, sync: sync)
        case .file(let path):
            let sink = try NDJSONSink(file: path, sync: sync)
            if sink.tornBytes > 0 {
                logger.notice(
                    "The last line was unfinished and is cut off; its event comes again",
                    metadata: [LogKey.sink: "\(self)", LogKey.count: "\(sink.tornBytes) bytes"])
            }
            return sink
        case .null: return NullSink()
        }
    }
}
