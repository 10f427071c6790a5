public import GatewayModel

/// Why a group cannot start, or ended by itself.
public enum ShardGroupError: OperatorError {
    /// Discord closed a shard with a code that nothing but a change of configuration or token helps against (4004, 4012, 4013, 4014).
    case fatalClose(ShardIdentity, code: UInt16)
    /// The identify gate gave up.
    case identifyGate(any Error)
    /// `GET /gateway/bot` answered 401: the token is wrong or was reset.
    case unauthorized
    /// More shards want to IDENTIFY than the day's budget has left above its floor. `resetAfter`: until Discord's next window.
    case startBudget(wanted: Int, remaining: Int, floor: Int, resetAfter: Duration)
    /// The group's run is over, or it is being shut down.
    case ended

    /// What happened, why, and how to fix it.
    public var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .fatalClose(let shard, let code):
            ("shard \(shard) was closed with \(code)", Self.meaning(of: code), "correct it, then start again; the other shards were closed resumably")
        case .identifyGate(let error):
            ("no shard can IDENTIFY any more", "the identify gate failed: \(error)", "see the gate's own messages")
        case .unauthorized:
            ("cannot ask Discord where to connect", "GET /gateway/bot answered 401: the token is wrong or was reset", "set the bot's present token")
        case .startBudget(let wanted, let remaining, let floor, let resetAfter):
            (
                "\(wanted) shards cannot IDENTIFY", "\(remaining) session starts are left today and \(floor) of them are kept back",
                "wait \(resetAfter.components.seconds) s for the next window, or RESUME from stored sessions"
            )
        case .ended: ("the shard group takes nothing more", "its run is over", "make a new one")
        }
    }

    private static func meaning(of code: UInt16) -> String {
        switch code {
        case 4004: "the token is wrong or was reset"
        case 4012: "Discord no longer speaks this version of the gateway"
        case 4013: "the intents hold a bit that does not exist"
        case 4014: "an intent is not allowed for this bot: privileged ones are enabled in the developer portal"
        default: "Discord takes no further connection"
        }
    }
}
