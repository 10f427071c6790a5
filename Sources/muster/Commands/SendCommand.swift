import ArgumentParser
import ClusterModel
import GatewayModel

/// `muster send --op 8 --data '{…}'`: one gateway command over the shard that it belongs to, wherever that runs.
struct SendCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Sends one gateway command over the shard of its guild.",
        discussion: """
            Joins and leaves voice (op 4), asks for members (8), soundboard sounds (31) or channel info (43), and whatever else Discord takes. The answer comes as \
            events. The command waits for its shard, also while that moves to another worker, and for Discord's limits; what is not sent within --for never is.
            """)
    static let settingNames: Set = ["op", "data", "guild", "shard", "for", "admin"]

    @OptionGroup var common: CommonOptions

    @Option(help: "The opcode.")
    var op: String?

    @Option(help: "`d` of the payload, as JSON. Ids are texts.")
    var data: String?

    @Option(help: "The guild whose shard sends it (default: what `guild_id` in the data says).")
    var guild: String?

    @Option(help: "The shard that sends it, in place of a guild.")
    var shard: String?

    @Option(name: .customLong("for"), help: "How long it may wait, 1s to 60s (default: 30s).")
    var limit: String?

    @Option(help: "The coordinator's admin API (default: http://127.0.0.1:7701).")
    var admin: String?

    func run() async throws {
        let settings = try await self.settings([
            "op": self.op, "data": self.data, "guild": self.guild, "shard": self.shard, "for": self.limit, "admin": self.admin,
        ])
        let (body, limit) = try Self.request(settings)
        // Longer than the coordinator takes to answer in any case.
        print(
            try await AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL)).post(
                "/v1/commands", json: body, within: limit + .seconds(10)))
    }

    /// What is posted, and how long the command may wait.
    static func request(_ settings: Settings) throws -> (body: PayloadValue, limit: Duration) {
        let example = #"as in `muster send --op 4 --data '{"guild_id": "81384788765712384", "channel_id": null, "self_mute": false, "self_deaf": false}'`"#
        guard let op = try settings.int("op", in: 0...255) else {
            throw OperatorMistake(what: "`--op` is missing", why: "a command has an opcode", fix: "give it, \(example)")
        }
        guard
            let data = try settings.parsed(
                "data", expected: "JSON of objects, lists, texts and whole numbers", parse: { try? PayloadValue(json: Array($0.utf8)) })
        else { throw OperatorMistake(what: "`--data` is missing", why: "a command has data", fix: "give it, \(example)") }
        let guild = try settings.parsed("guild", expected: "the id of a guild, in digits") { Snowflake($0) }
        let shard = try settings.int("shard", in: 0...99_999)
        guard guild == nil || shard == nil else {
            throw OperatorMistake(what: "`--guild` and `--shard` are both given", why: "the guild decides on the shard", fix: "leave one of them out")
        }
        let seconds = try settings.parsed("for", expected: "whole seconds from 1s to 60s") { text -> Int64? in
            guard let limit = Duration(operatorText: text), .seconds(1) ... .seconds(60) ~= limit, limit == .seconds(limit.components.seconds) else {
                return nil
            }
            return limit.components.seconds
        }
        let body: PayloadValue = .object([
            .init(key: "op", value: .integer(Int64(op))), .init(key: "d", value: data),
            .init(key: "guild_id", value: guild.map { .string($0.description) } ?? .null),
            .init(key: "shard", value: shard.map { .integer(Int64($0)) } ?? .null), .init(key: "within_seconds", value: .integer(seconds ?? 30)),
        ])
        return (body, .seconds(seconds ?? 30))
    }
}
