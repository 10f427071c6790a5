/// Why a command has not done what was asked. Every command ends in one result.
public enum CommandError: OperatorError, Equatable {
    /// The command breaks a rule of Discord's: it was not sent.
    case invalid(OperatorMistake)
    /// The shard was not live up to the deadline, its connection took nothing, or the shard ended.
    case notConnected
    /// Discord's limits do not let it out before its deadline. `retryAfter`: when they would; zero: now.
    case rateLimited(retryAfter: Duration)
    /// Discord takes at most `limit` bytes.
    case tooLarge(bytes: Int, limit: Int)
    /// As many commands as may wait already do.
    case queueFull(limit: Int)
    /// Whoever asked for it gave up first; nothing was sent.
    case cancelled
    /// An awaited answer had not come in full by the deadline: `received` chunks of `count`, which is `nil` when none came.
    case timedOut(received: Int, of: Int?)
    /// An awaited answer with this nonce is under way already.
    case nonceInUse(String)
    /// An awaited answer has more than this holds: `limit` of `what`.
    case answerTooLarge(what: String, limit: Int)
    /// What came as an answer contradicts itself.
    case badAnswer(String)

    public var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .invalid(let mistake): mistake.explanation
        case .notConnected:
            ("the command was not sent", "the shard was not connected in time", "try again once the shard is live, or give it a later deadline")
        case .rateLimited(let retryAfter):
            (
                "the command was not sent", "Discord's rate limit does not allow it before its deadline",
                "try again in \(retryAfter.inSeconds) s, give it a later deadline, or send fewer commands"
            )
        case .tooLarge(let bytes, let limit):
            ("the command was not sent", "it has \(bytes) bytes and may have \(limit)", "shorten it, or split it into several")
        case .queueFull(let limit): ("the command was not sent", "\(limit) commands wait already", "wait for results before sending more")
        case .cancelled: ("the command was not sent", "its sender gave up", "send it again if it is still wanted")
        case .timedOut(let received, let count):
            (
                "the answer is not complete", "\(received) of \(count.map(String.init) ?? "unknown many") chunks came before the deadline",
                "give it a later deadline, and check that the intent GUILD_MEMBERS is on"
            )
        case .nonceInUse(let nonce): ("the request was not sent", "another one with the nonce \(nonce) is under way", "use another nonce, or none")
        case .answerTooLarge(let what, let limit):
            ("the answer was dropped", "it has more than \(limit) \(what)", "raise that limit, or read the chunks as events instead")
        case .badAnswer(let why): ("the answer was dropped", why, "ask again; if it stays so, report it with the chunks")
        }
    }
}
