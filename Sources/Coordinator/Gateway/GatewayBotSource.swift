import ClusterModel
public import GatewayClient
public import GatewayModel

/// Discord's REST API itself.
public struct GatewayBotSource: GatewayInfoSource {
    private let client: GatewayBotClient

    public init(_ client: GatewayBotClient) {
        self.client = client
    }

    public func fetch(token: Secret) async -> GatewayInfoAnswer {
        do {
            let bot = try await self.client.fetch(token: token)
            return .info(
                GatewayInfo(
                    url: bot.url, shards: bot.shards, total: bot.total, remaining: bot.remaining, resetAfterMilliseconds: bot.resetAfterMilliseconds,
                    maxConcurrency: bot.maxConcurrency))
        } catch {
            switch error {
            case .unauthorized: return .failed(.unauthorized)
            case .temporary(let reason): return .failed(.temporary(reason))
            }
        }
    }
}
