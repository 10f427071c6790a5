import Foundation
import GatewayClient
import Logging

/// From the environment: `DISCORD_TOKEN`, `DISCORD_API`, `EVENTS` (a file), `SECONDS`.
struct Settings: Sendable {
    let configuration: ShardGroupConfiguration
    let api: GatewayBotClient
    let events: FileHandle
    let duration: Duration

    init() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let path = environment["EVENTS"], FileManager.default.createFile(atPath: path, contents: nil), let events = FileHandle(forWritingAtPath: path)
        else {
            throw OperatorMistake(what: "no file for events", why: "EVENTS names none that can be written", fix: "set EVENTS")
        }
        self.events = events
        self.duration = .seconds(Double(environment["SECONDS"] ?? "") ?? 10)
        self.api = try GatewayBotClient(discordAPI: environment["DISCORD_API"] ?? GatewayBotClient.discordAPI)
        // Standard output is for the states.
        let logger = Logger(label: "migration") { StreamLogHandler.standardError(label: $0) }
        self.configuration = ShardGroupConfiguration(
            token: Secret(environment["DISCORD_TOKEN"] ?? ""), intents: [.guilds, .guildMessages], logger: logger)
    }

    func log(_ text: String) {
        self.configuration.logger.notice("\(text)")
    }
}
