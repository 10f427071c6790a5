import ArgumentParser
import GatewayModel

/// `muster reshard --to N`: starts a new shard set.
struct ReshardCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reshard", abstract: "Starts a new shard set of another size: old shards close, new ones IDENTIFY.",
        discussion:
            "It costs one session start for each new shard, which is checked against the budget first. Events between the two sets are declared as gaps.")
    static let settingNames: Set = ["to", "admin"]

    @OptionGroup var common: CommonOptions

    @Option(help: "The new number of shards.")
    var to: String?

    @Option(help: "The coordinator's admin API (default: http://127.0.0.1:7701).")
    var admin: String?

    func run() async throws {
        let settings = try await self.settings(["to": self.to, "admin": self.admin])
        guard let to = try settings.int("to", in: 1...100_000) else {
            throw OperatorMistake(what: "`--to` is missing", why: "a re-shard needs the new number of shards", fix: "give it, as in `muster reshard --to 24`")
        }
        let client = try AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL))
        print(try await client.post("/v1/reshard", Body(to: to)))
    }

    private struct Body: Encodable {
        var to: Int
    }
}
