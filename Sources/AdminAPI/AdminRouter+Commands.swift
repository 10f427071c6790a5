import ClusterModel
import GatewayModel
import Hummingbird

// What a bot sends: presences and commands.
extension AdminRouter {
    func addCommands(to router: Router<BasicRequestContext>) {
        router.post("v1/presence") { request, _ in
            let body = try await Self.body(request, example: #"{"presence": {"status": "idle"}, "shards": [0, 1]}"#)
            return try await self.ask(try Self.read { () throws(OperatorMistake) in try Self.presence(body) })
        }
        router.post("v1/commands") { request, _ in
            let body = try await Self.body(request, example: #"{"op": 4, "d": {"guild_id": "81384788765712384", "channel_id": null}}"#)
            return try await self.ask(try Self.read { () throws(OperatorMistake) in try Self.command(body) })
        }
    }

    /// `presence` is `d` of op 3; without `shards` it is for all.
    static func presence(_ body: CommandBody) throws(OperatorMistake) -> OperatorRequest {
        try body.allow(["presence", "shards"])
        guard let presence = body["presence"] else { throw body.mistake("`presence` is missing", "it holds the data of op 3") }
        let scope: PresenceScope =
            if let shards = body["shards"] {
                .shards(try body.shards(shards))
            } else {
                .all
            }
        return .presence(try Presence(payload: presence), scope)
    }

    /// `op` and `d` as on the wire; to the shard of `guild_id` in `d`, of `guild_id`, or to `shard`; within `within_seconds`, 30 without it.
    static func command(_ body: CommandBody) throws(OperatorMistake) -> OperatorRequest {
        try body.allow(["op", "d", "guild_id", "shard", "within_seconds"])
        guard let op = try body.integer("op") else { throw body.mistake("`op` is missing", "it is the opcode of the command") }
        guard let data = body["d"] else { throw body.mistake("`d` is missing", "it holds the data of the command") }
        var target: CommandRequest.Target?
        if let shard = try body.integer("shard") { target = .shard(ShardID(shard)) }
        if let guild = try body.string("guild_id") {
            guard target == nil else { throw body.mistake("`shard` and `guild_id` are both given", "the guild decides on the shard") }
            guard let id = Snowflake(guild) else { throw body.mistake("`guild_id` is \"\(guild.prefix(50))\"", "an id is a number in quotes") }
            target = .guild(id)
        }
        let seconds = try body.integer("within_seconds") ?? 30
        guard (1...60).contains(seconds) else { throw body.mistake("`within_seconds` is \(seconds)", "it must be 1 to 60") }
        return .command(CommandRequest(.raw(op: op, data: data), to: target, within: .seconds(seconds)))
    }

    private static func body(_ request: Request, example: String) async throws -> CommandBody {
        let bytes = try await Self.json(request, example: example)
        return try Self.read { () throws(OperatorMistake) in try CommandBody(bytes, example: example) }
    }

    private static func read<Value>(_ parse: () throws(OperatorMistake) -> Value) throws(AdminProblem) -> Value {
        do {
            return try parse()
        } catch {
            throw AdminProblem(.badRequest, what: error.what, why: error.why, fix: error.fix)
        }
    }
}
