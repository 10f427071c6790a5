import Foundation
import GatewayClient

/// Sets what it shows, and asks for some members of the first guild that it sees.
@main
struct CommandBot {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let api = try GatewayBotClient(discordAPI: environment["DISCORD_API"] ?? GatewayBotClient.discordAPI)
        let configuration = ShardGroupConfiguration(token: Secret(environment["DISCORD_TOKEN"] ?? ""), intents: .guilds)
        let group = try await ShardGroup.connect(configuration, api: api)
        async let run: Void = group.run()
        for await event in group.events {
            switch event {
            case .lifecycle(.connectedAllShards): await self.showPresence(group)
            case .dispatch(let dispatch) where dispatch.type == .guildCreate:
                await self.askForMembers(of: try dispatch.decode(GuildIdentity.self).id, group)
                await group.shutdown(.resumable)
            case .dispatch, .lifecycle: break
            }
        }
        try await run
    }

    static func showPresence(_ group: ShardGroup) async {
        let presence = Presence(activities: [Activity(name: "the log", kind: .watching)], status: .idle)
        let failures = await group.updatePresence(presence, within: .seconds(5))
        for (shard, error) in failures { print("shard \(shard): \(error)") }
    }

    static func askForMembers(of guild: Snowflake, _ group: ShardGroup) async {
        do {
            let request = GuildMembersRequest(guildID: guild, .prefix("u", limit: 10))
            let answer = try await group.requestMembers(request, within: .seconds(10))
            print("guild \(guild): \(try answer.members().count) members begin with u")
        } catch {
            // A `GroupCommandError` says what happened, why, and what to do about it.
            print(error)
        }
    }
}
