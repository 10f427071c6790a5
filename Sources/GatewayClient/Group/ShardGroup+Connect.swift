public import GatewayModel
import Logging

extension ShardGroup {
    /// A group for a whole bot: asks `GET /gateway/bot` where to connect and with how many shards, and checks that the day's budget suffices for those that must
    /// IDENTIFY. A request that fails in passing is repeated, after 1 s, 2 s and so on up to 16 s.
    ///
    /// - Parameters:
    ///   - configuration: its gateway URL is replaced by Discord's.
    ///   - api: whom to ask, now and for the budget later.
    ///   - sessions: of an earlier run; they are RESUMEd, which costs no budget.
    ///   - numShards: `nil`: that of `sessions`, else what Discord recommends. Where an earlier run ended in a re-shard, its sessions are of two sets: the one
    ///     goes on that has a session for each shard, since of any other one events would be missing; else the one with more of them. A count that is given
    ///     stays, whatever Discord recommends later, until a 4011.
    ///   - gate: `nil`: a `LocalIdentifyGate` of this group's own, which is right where nothing else IDENTIFIES for this bot.
    ///   - delivery: how events come.
    ///   - patience: how long passing failures are waited out.
    /// - Throws: `ShardGroupError.unauthorized` at once for a 401, `ShardGroupError.startBudget`, `OperatorMistake` for what Discord would refuse,
    ///   `GatewayBotError.temporary` when patience is over, `CancellationError`.
    public static func connect(
        _ configuration: ShardGroupConfiguration, api: GatewayBotClient, sessions: [ShardState] = [], numShards: Int? = nil,
        gate: (any IdentifyGate)? = nil, delivery: GroupDelivery = .sequence(), patience: Duration = .seconds(300)
    ) async throws -> ShardGroup {
        let token = configuration.shard.token
        let bot = try await Self.fetch(api, token, patience: patience, configuration.logger)
        let count = numShards ?? Self.fullestSet(sessions) ?? bot.shards
        let sessions = numShards == nil ? sessions.filter { $0.numShards == count } : sessions
        if let odd = sessions.first(where: { $0.numShards != count }) {
            throw OperatorMistake(
                what: "shard \(odd.shard) cannot RESUME", why: "this bot is to run with \(count) shards",
                fix: "give sessions of one shard set, and its size as numShards")
        }
        var shards = ShardState.all(of: count)
        for session in sessions where shards.indices.contains(session.id.rawValue) { shards[session.id.rawValue] = session }
        let wanted = shards.count { $0.session == nil }
        let floor = StartBudget.floor(ofTotal: bot.total)
        guard wanted == 0 || wanted <= bot.remaining - floor else {
            throw ShardGroupError.startBudget(
                wanted: wanted, remaining: bot.remaining, floor: floor, resetAfter: .milliseconds(bot.resetAfterMilliseconds))
        }
        var configuration = configuration
        configuration.shard.gatewayURL = bot.url
        configuration.followsRecommendation = numShards == nil
        if let gate { return try ShardGroup(configuration, shards: shards, gate: gate, api: api, delivery: delivery) }
        let local = LocalIdentifyGate(
            source: { try await api.fetch(token: token) }, eventLoopGroup: configuration.eventLoopGroup, logger: configuration.logger)
        local.learn(bot)
        return try ShardGroup(configuration, shards: shards, gate: local, api: api, delivery: delivery)
    }

    /// The size of a set that has all its sessions, else of the one with the most; of several, the larger one.
    private static func fullestSet(_ states: [ShardState]) -> Int? {
        let sets = Dictionary(grouping: states, by: \.numShards).mapValues { states in states.count { $0.session != nil } }
        let rank = { (set: (numShards: Int, sessions: Int)) in (set.sessions == set.numShards ? 1 : 0, set.sessions, set.numShards) }
        return sets.max { rank(($0.key, $0.value)) < rank(($1.key, $1.value)) }?.key
    }

    static func fetch(_ api: GatewayBotClient, _ token: Secret, patience: Duration, _ logger: Logger) async throws -> GatewayBot {
        let deadline = BootClock.now + patience
        var failures = 0
        while true {
            do {
                return try await api.fetch(token: token)
            } catch .unauthorized {
                throw ShardGroupError.unauthorized
            } catch {
                let delay = Duration.seconds(1 << min(failures, 4))
                failures += 1
                guard BootClock.now + delay < deadline else { throw error }
                logger.warning("GET /gateway/bot failed; it is tried again", metadata: [LogKey.reason: "\(error)"])
                try await Task.sleep(for: delay)
            }
        }
    }
}
