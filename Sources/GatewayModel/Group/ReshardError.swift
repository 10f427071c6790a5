/// Why a group does not go over to another shard set. The set that it has serves on, but for shards that Discord closed for good.
public enum ReshardError: OperatorError, Hashable {
    /// One at a time: another re-shard has not ended.
    case underWay
    /// The group does not run one shard set, all of it and nothing else: what becomes of the rest is not its to decide.
    case notWhole
    /// A shard set has 1 to 100 000 shards.
    case outOfRange(Int)
    /// The set has that many shards already.
    case sameCount(Int)
    /// Discord closed a shard of a set of `refused` with 4011: one that is not larger would be refused as well.
    case notLarger(Int, refused: Int)
    /// No count was given, and the group was made without whom to ask for one.
    case countUnknown
    /// `GET /gateway/bot` answered nothing useful.
    case unreachable(String)
    /// `GET /gateway/bot` answered 401.
    case unauthorized
    /// The new set needs more session starts than the day's budget has left above its floor.
    case startBudget(wanted: Int, remaining: Int, floor: Int, resetAfterMilliseconds: Int)
    /// The identify gate gave up on a shard of the new set.
    case identifyGate(String)
    /// Discord closed a shard of the new set for good.
    case fatalClose(ShardIdentity, code: UInt16)
    /// A shard of the new set was taken out before all of them were live.
    case detached(ShardIdentity)
    /// The group's run is over.
    case ended

    /// What happened, why, and how to fix it.
    public var explanation: (what: String, why: String, fix: String) {
        let (why, fix) = self.reason
        return ("the bot was not re-sharded", why, fix)
    }

    private var reason: (why: String, fix: String) {
        switch self {
        case .underWay: ("another re-shard has not ended", "wait for it")
        case .notWhole:
            ("this group does not run one whole shard set", "re-shard where all shards of the set run, or attach those of the new set yourself")
        case .outOfRange(let count): ("\(count) is no number of shards", "choose 1 to 100000")
        case .sameCount(let count): ("it has \(count) shards already", "choose another number")
        case .notLarger(let count, let refused):
            (
                "Discord closed a shard of a set of \(refused) with 4011, and \(count) is not more",
                "name a larger count, or try again when GET /gateway/bot recommends one"
            )
        case .countUnknown: ("no count was given, and this group has nobody to ask for one", "give a count, or make the group with an api")
        case .unreachable(let reason): ("GET /gateway/bot gave no answer: \(reason)", "try again")
        case .unauthorized: ("GET /gateway/bot answered 401: the token is wrong or was reset", "set the bot's present token")
        case .startBudget(let wanted, let remaining, let floor, let resetAfter):
            (
                "\(wanted) shards would IDENTIFY, \(remaining) session starts are left today and \(floor) of them are kept back",
                "try again in \(resetAfter / 1000) s, when the next window begins"
            )
        case .identifyGate(let reason): ("the identify gate failed: \(reason)", "see the gate's own messages")
        case .fatalClose(let shard, let code):
            ("its new shard \(shard) was closed with \(GatewayCloseCode(rawValue: code))", GatewayClose(code: GatewayCloseCode(rawValue: code)).explanation.fix)
        case .detached(let shard): ("its new shard \(shard) was taken out", "try again, and leave the new shards until all are live")
        case .ended: ("the group's run is over", "make a new one, with the count that you want")
        }
    }
}
