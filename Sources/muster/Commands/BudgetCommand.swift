import ArgumentParser
import GatewayModel

/// `muster budget --open-floor N --for 10m`: lets shards use the reserve of session starts for a while.
struct BudgetCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget", abstract: "Opens the reserve of the day's session starts for a while.",
        discussion:
            "Muster keeps 5 % (at least 20) of the day's session starts back, because at 0 Discord ends all sessions and resets the token. This is kept in the history."
    )
    static let settingNames: Set = ["open-floor", "for", "admin"]

    @OptionGroup var common: CommonOptions

    @Option(help: "Session starts to keep back meanwhile; 0 opens all.")
    var openFloor: String?

    @Option(name: .customLong("for"), help: "How long, 1s to 24h (default: 10m).")
    var period: String?

    @Option(help: "The coordinator's admin API (default: http://127.0.0.1:7701).")
    var admin: String?

    func run() async throws {
        let settings = try await self.settings(["open-floor": self.openFloor, "for": self.period, "admin": self.admin])
        guard let floor = try settings.int("open-floor", in: 0...1_000_000) else {
            throw OperatorMistake(
                what: "`--open-floor` is missing", why: "this command opens the floor, and needs to know how far",
                fix: "give it, as in `muster budget --open-floor 0 --for 10m`")
        }
        let period = try settings.duration("for", in: .seconds(1)...(.seconds(86_400))) ?? .seconds(600)
        let client = try AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL))
        print(try await client.post("/v1/budget/open-floor", Body(floor: floor, seconds: Int(period.components.seconds))))
    }

    private struct Body: Encodable {
        var floor: Int
        var seconds: Int
    }
}
