/// How a gateway connection ended, and what follows from it: never just whether to reconnect.
public struct GatewayClose: Hashable, Sendable {
    /// Of the server's close frame; `nil` for a bare TCP end, which says `resume`.
    public var code: GatewayCloseCode?
    /// The text of the close frame, or what the network said. Discord's words: shown, never parsed.
    public var reason: String
    /// Resume, identify, stop the shard set, or stop the application.
    public var disposition: CloseDisposition

    /// - Parameters:
    ///   - code: of the close frame; `nil`: TCP ended without one.
    ///   - reason: for people.
    ///   - disposition: what really follows, where that is more than the code alone says: without a session even a resumable close means to identify.
    public init(code: GatewayCloseCode?, reason: String = "", disposition: CloseDisposition? = nil) {
        self.code = code
        self.reason = reason
        self.disposition = disposition ?? CloseDisposition.after(code: code?.rawValue)
    }

    /// Discord's name of the code, such as `SESSION_TIMED_OUT`; `nil` where it has none.
    public var name: String? { self.code?.name }
}

extension GatewayClose: OperatorError {
    /// The code, what Discord means by it, and what to do.
    public var explanation: (what: String, why: String, fix: String) {
        let what = self.code.map { "the gateway connection was closed with \($0)" } ?? "the gateway connection ended without a close frame"
        let meaning = self.code?.meaning?.lowercasedFirst.withoutPeriod
        let why = meaning ?? (self.reason.isEmpty ? "neither Discord nor the network said why" : self.reason)
        return (what, why, self.fix)
    }

    private var fix: String {
        switch self.code {
        case .authenticationFailed?: return "set a valid bot token"
        case .invalidShard?: return "use a shard count that is a multiple of the one that GET /gateway/bot recommends, and ids below it"
        case .shardingRequired?: return "re-shard to the count that GET /gateway/bot recommends"
        case .invalidAPIVersion?: return "update this library"
        case .invalidIntents?: return "remove undefined bits from the intents"
        case .disallowedIntents?: return "enable the privileged intents in the developer portal, or leave them out"
        default: break
        }
        return switch self.disposition {
        case .resume: "nothing: the session is resumed"
        case .identify: "nothing: a new session is begun, with a permit to identify"
        case .stopShardSet: "use another shard count"
        case .stopApplication: "check what the application may do in the developer portal"
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { self.prefix(1).lowercased() + self.dropFirst() }
    fileprivate var withoutPeriod: String { self.hasSuffix(".") ? String(self.dropLast()) : self }
}

extension ShardEvent {
    /// The close that a `disconnected` tells of; `nil` for other events.
    public var close: GatewayClose? {
        guard case .disconnected(let code, let reason, let disposition) = self else { return nil }
        return GatewayClose(code: code.map(GatewayCloseCode.init(rawValue:)), reason: reason, disposition: disposition)
    }
}
