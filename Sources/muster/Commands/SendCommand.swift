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
        let example = #"as in `muster send --op 4 --data '{"guild_id": "81384788765712384", "channel_id": null, "self_mute": false, "self_deaf": false}'`"#
        guard let op = try settings.int("op", in: 0...1_000_000) else {
            throw OperatorMistake(what: "`--op` is missing", why: "a command has an opcode", fix: "give it, \(example)")
        }
        guard
            let data = try settings.parsed(
                "data", expected: "JSON of objects, lists, texts and whole numbers", parse: { try? PayloadValue(json: Array($0.utf8)) })
        else { throw OperatorMistake(what: "`--data` is missing", why: "a command has data", fix: "give it, \(example)") }
        let limit = try settings.duration("for", in: .seconds(1) ... .seconds(60)) ?? .seconds(30)
        let body: PayloadValue = .object([
            .init(key: "op", value: .integer(Int64(op))), .init(key: "d", value: data),
            .init(key: "guild_id", value: try settings.string("guild").map { .string($0) } ?? .null),
            .init(key: "shard", value: try settings.int("shard", in: 0...100_000).map { .integer(Int64($0)) } ?? .null),
            .init(key: "within_seconds", value: .integer(limit.components.seconds)),
        ])
        print(
            try await AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL)).post(
                "/v1/commands", json: body, within: limit + .seconds(5)))
    }
}
