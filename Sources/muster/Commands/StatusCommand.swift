import ArgumentParser

/// `muster status`: what the coordinator knows, as a table or as JSON.
struct StatusCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Shows workers, shards, the identify queue and the budget.")
    static let settingNames: Set = ["admin", "json"]

    @OptionGroup var common: CommonOptions

    @Option(help: "The coordinator's admin API (default: http://127.0.0.1:7701).")
    var admin: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try await self.settings(["admin": self.admin, "json": Settings.flag(self.json)])
        let status = try await AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL)).status()
        if try settings.bool("json") {
            print(try PrintedJSON.text(status))
        } else {
            print(StatusReport(status: status).text, terminator: "")
        }
    }
}
