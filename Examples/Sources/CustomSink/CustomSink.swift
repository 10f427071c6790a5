import Foundation
import GatewayClient

/// A bot whose events are safe on disk before Discord may forget them.
@main
struct CustomSink {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let api = try GatewayBotClient(discordAPI: environment["DISCORD_API"] ?? GatewayBotClient.discordAPI)
        let sink = try FileSink(path: environment["EVENTS"] ?? "events.ndjson")
        let configuration = ShardGroupConfiguration(token: Secret(environment["DISCORD_TOKEN"] ?? ""), intents: [.guilds, .guildMessages])
        let group = try await ShardGroup.connect(
            configuration, api: api, delivery: .inline(acceptance: .manual) { shard in FileSinkHandler(shard: shard, sink: sink) })
        async let run: Void = group.run()
        async let writing: Void = sink.run(for: group)
        try await Task.sleep(for: .seconds(Double(environment["SECONDS"] ?? "") ?? 10))
        await group.shutdown(.resumable)
        try await run
        sink.finish()
        try await writing
        for state in group.snapshot() { print("shard \(state.id): accepted up to \(state.session?.sequence ?? 0)") }
    }
}
