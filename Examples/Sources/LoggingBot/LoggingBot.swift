import Foundation
import GatewayClient

/// Logs the messages that it sees, and answers none.
@main
struct LoggingBot {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let api = try GatewayBotClient(discordAPI: environment["DISCORD_API"] ?? GatewayBotClient.discordAPI)
        let intents = Intents.derived(guild: [.guildCreate, .messageCreate]).intents
        let configuration = ShardGroupConfiguration(token: Secret(environment["DISCORD_TOKEN"] ?? ""), intents: intents)
        let bot = try await ShardGroup.connect(configuration, api: api)
        var handlers = EventHandlers()
        handlers.on(.messageCreate) { dispatch in
            let message = try dispatch.decode(Message.self)
            print("shard \(dispatch.shard): message \(message.id) in channel \(message.channelID)")
        }
        handlers.onLifecycle { event in print(event) }
        async let run: Void = bot.run()
        try await handlers.consume(bot.events)
        try await run
    }
}
