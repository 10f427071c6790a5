public import GatewayModel

/// Why a command was not sent, or not surely. Unless it is `unknown`, nothing of it left.
public enum CommandFailure: OperatorError, Hashable {
    /// It breaks a rule of Discord's, or names a shard that does not exist.
    case invalid(OperatorMistake)
    /// Discord takes at most `limit` bytes.
    case tooLarge(bytes: Int, limit: Int)
    /// Discord's limits do not let it out within its own limit. `retryAfter`: when they would.
    case rateLimited(retryAfter: Duration)
    /// As many commands wait as may, in the cluster or for one shard.
    case queueFull(limit: Int, of: Queue)
    /// Its shard was not live, or nobody's, until its time was over.
    case expired(within: Duration)
    /// Nothing can send it now: the application is stopped, there is no shard set, its shard ended for good.
    case notRunning(OperatorMistake)
    /// Its worker died, or did not answer in time: it may have been sent, and is never sent again.
    case unknown(String)

    public enum Queue: String, Hashable, Codable, Sendable {
        case cluster, shard
    }

    public var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .invalid(let mistake), .notRunning(let mistake): mistake.explanation
        case .tooLarge(let bytes, let limit): CommandError.tooLarge(bytes: bytes, limit: limit).explanation
        case .rateLimited(let retryAfter): CommandError.rateLimited(retryAfter: retryAfter).explanation
        case .queueFull(let limit, .cluster):
            ("the command was not sent", "\(limit) commands wait in this cluster already", "wait for results before sending more")
        case .queueFull(let limit, .shard):
            ("the command was not sent", "\(limit) commands wait for its shard already", "wait for results before sending more")
        case .expired(let limit):
            ("the command was not sent", "its shard was not live within \(limit.inSeconds) s", "see `muster shards`, or give it a later deadline")
        case .unknown(let why): ("the command may have been sent", why, "check what Discord did before sending it again")
        }
    }
}
