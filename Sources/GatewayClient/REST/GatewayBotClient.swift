public import GatewayModel
public import NIOCore

/// Asks Discord's REST API for `GET /gateway/bot`.
public struct GatewayBotClient: Sendable {
    /// - Parameters:
    ///   - discordAPI: such as `https://discord.com/api/v10`.
    ///   - version: of this program, for the `User-Agent`.
    public init(discordAPI: String, trust: GatewayTrust, version: String, eventLoopGroup: any EventLoopGroup) throws {}

    /// One request, bounded to 10 s and 64 KiB.
    public func fetch(token: Secret) async throws(GatewayBotError) -> GatewayBot {
        throw .temporary("not connected")
    }

    /// Ends its connections. Nothing may be fetched after it.
    public func shutdown() async {}
}
