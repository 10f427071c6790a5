import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Opens WebSockets as a client. Nothing that it puts into a pipeline ever writes a close frame.
struct WebSocketDialer {
    let eventLoop: any EventLoop
    let trust: GatewayTrust
    let maxMessageBytes: Int

    enum Failure: Error, CustomStringConvertible {
        /// The server answered with something else than a WebSocket.
        case notUpgraded

        var description: String { "the server did not upgrade to WebSocket" }
    }

    /// - Parameters:
    ///   - opened: with the channel, as soon as there is one to close.
    ///   - upgraded: to install the connection's handler, before any frame is read.
    /// - Returns: fails where no WebSocket comes about; succeeds after `upgraded`.
    func dial(
        _ url: GatewayURL, opened: @escaping @Sendable (any Channel) -> Void, upgraded: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<Void> {
        let context: NIOSSLContext?
        do {
            context = url.isTLS ? try self.trust.context() : nil
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
        let done = self.eventLoop.makePromise(of: Void.self)
        let maxFrameSize = self.maxMessageBytes
        ClientBootstrap(group: self.eventLoop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                opened(channel)
                // Whatever goes wrong on the way: the promise ends with the channel.
                channel.closeFuture.whenComplete { _ in done.fail(Failure.notUpgraded) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: url.serverName)) }
                    try pipeline.configureUpgradableHTTPClientPipeline(
                        configuration: Self.upgrade(url, maxFrameSize: maxFrameSize, upgraded: upgraded)
                    ).cascade(to: done)
                }
            }
            .connect(host: url.host, port: url.port)
            .whenFailure { done.fail($0) }
        return done.futureResult
    }

    private static func upgrade(
        _ url: GatewayURL, maxFrameSize: Int, upgraded: @escaping @Sendable (any Channel) throws -> Void
    ) -> NIOUpgradableHTTPClientPipelineConfiguration<Void> {
        // No automatic error handling: it answers broken frames with a close frame of its own.
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(maxFrameSize: maxFrameSize, enableAutomaticErrorHandling: false) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try upgraded(channel) }
        }
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: url.hostHeader)
        headers.add(name: "Content-Length", value: "0")
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.target, headers: headers)
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) { channel in
                channel.eventLoop.makeFailedFuture(Failure.notUpgraded)
            })
        // The default drops frames that arrive in the same segment as the 101: HELLO, very often.
        configuration.leftOverBytesStrategy = .forwardBytes
        return configuration
    }
}
