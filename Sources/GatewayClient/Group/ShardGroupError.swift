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
            Self.explanation(of: GatewayCloseCode(rawValue: code), shard)
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

    private static func explanation(of code: GatewayCloseCode, _ shard: ShardIdentity) -> (what: String, why: String, fix: String) {
        let (_, why, fix) = GatewayClose(code: code).explanation
        return ("shard \(shard) was closed with \(code)", why, "\(fix), then start again; the other shards were closed resumably")
    }
}
