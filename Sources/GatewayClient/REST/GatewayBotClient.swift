import AsyncHTTPClient
public import GatewayModel
public import NIOCore
import NIOHTTP1
public import NIOPosix

/// Asks Discord's REST API for `GET /gateway/bot`.
public struct GatewayBotClient: Sendable {
    private let url: String
    private let userAgent: String
    private let connections: Connections
    private let timeout: TimeAmount

    /// Discord's own REST API, in the version that this library speaks.
    public static let discordAPI = "https://discord.com/api/v10"

    /// A client that has sent nothing yet.
    ///
    /// - Parameters:
    ///   - discordAPI: without a slash at its end; another than Discord's for tests.
    ///   - trust: whose certificates that server may show.
    ///   - version: of this program, for the `User-Agent`.
    ///   - eventLoopGroup: NIO's own, where nothing else is said.
    ///   - timeout: of one whole request.
    public init(
        discordAPI: String = GatewayBotClient.discordAPI, trust: GatewayTrust = .system, version: String = "0.1.0",
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, timeout: Duration = .seconds(10)
    ) throws(OperatorMistake) {
        guard discordAPI.hasPrefix("https://") || discordAPI.hasPrefix("http://") else {
            throw OperatorMistake(
                what: "cannot use \(discordAPI)", why: "it is no http:// or https:// URL", fix: "set --discord-api, such as https://discord.com/api/v10")
        }
        try trust.check()
        var base = discordAPI[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        self.url = "\(base)/gateway/bot"
        self.userAgent = "DiscordBot (muster, \(version))"
        self.timeout = .nanoseconds(timeout.inNanoseconds)
        var configuration = HTTPClient.Configuration(tlsConfiguration: trust.tlsConfiguration, redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        // One request a minute: nothing to reuse, and no connection to find dead.
        configuration.connectionPool.idleTimeout = .seconds(1)
        self.connections = Connections(HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup), configuration: configuration))
    }

    /// One request, bounded in time and to 64 KiB.
    public func fetch(token: Secret) async throws(GatewayBotError) -> GatewayBot {
        let status: HTTPResponseStatus
        let body: ByteBuffer
        do {
            var request = HTTPClientRequest(url: self.url)
            request.headers.add(name: "Authorization", value: "Bot \(token.revealed)")
            request.headers.add(name: "User-Agent", value: self.userAgent)
            request.headers.add(name: "Accept", value: "application/json")
            let deadline = NIODeadline.now() + self.timeout
            let response = try await self.connections.client.execute(request, deadline: deadline)
            status = response.status
            body = try await response.body.collect(upTo: GatewayBot.maxBytes)
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw .temporary("no answer within \(self.timeout.nanoseconds / 1_000_000) ms")
        } catch is NIOTooManyBytesError {
            throw .temporary("an answer of more than \(GatewayBot.maxBytes) bytes")
        } catch {
            throw .temporary("\(error)")
        }
        switch status {
        case .ok: return try GatewayBot(parsing: body)
        case .unauthorized: throw .unauthorized
        default: throw .temporary("HTTP \(status.code)")
        }
    }

    /// Ends its connections, and returns when they have ended: for whoever ends the event loops next. Nothing may be fetched after it. Without it they end
    /// with the last copy of this client.
    public func shutdown() async {
        // The only error says that it was shut down before.
        try? await self.connections.client.shutdown()
    }

    /// An `HTTPClient` that is let go without a shutdown is a fatal error.
    private final class Connections: Sendable {
        let client: HTTPClient

        init(_ client: HTTPClient) {
            self.client = client
        }

        deinit {
            self.client.shutdown { _ in }
        }
    }
}
