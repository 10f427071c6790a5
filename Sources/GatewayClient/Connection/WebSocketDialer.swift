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
    /// `nil`: the system's.
    var resolver: (any Resolver & Sendable)?

    /// Some sixteen events in one call at full load, and what an idle shard keeps at the most. Half as much over TLS: with more it may have two whole
    /// records to decrypt at once, for which it would keep 64 KiB for ever.
    private static func largestRead(isTLS: Bool) -> Int {
        isTLS ? 8 << 10 : 16 << 10
    }

    enum Failure: Error, CustomStringConvertible {
        /// The server answered with something else than a WebSocket.
        case notUpgraded

        var description: String { "the server did not upgrade to WebSocket" }
    }

    /// - Parameters:
    ///   - opened: with each channel, as soon as there is one to close. A host has as many as addresses that were tried.
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
        // By channel: what becomes of one that was refused, or that came second, decides nothing.
        let upgrades = NIOLoopBoundBox.makeBoxSendingValue([ObjectIdentifier: EventLoopFuture<Void>](), eventLoop: self.eventLoop)
        ClientBootstrap(group: self.eventLoop)
            .connectTimeout(.seconds(5))
            .resolver(self.resolver)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 2048, maximum: Self.largestRead(isTLS: url.isTLS)))
            // A channel keeps one buffer for each read of a turn, also while it is idle.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                opened(channel)
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: url.serverName)) }
                    upgrades.value[ObjectIdentifier(channel)] = try pipeline.configureUpgradableHTTPClientPipeline(
                        configuration: Self.upgrade(url, maxFrameSize: maxFrameSize, upgraded: upgraded))
                }
            }
            .connect(host: url.host, port: url.port)
            .whenComplete { result in
                defer { upgrades.value = [:] }
                switch result {
                case .success(let channel):
                    upgrades.value[ObjectIdentifier(channel)]?.cascade(to: done)
                    // Whatever goes wrong on the way: the promise ends with the channel.
                    channel.closeFuture.whenComplete { _ in done.fail(Failure.notUpgraded) }
                case .failure(let error): done.fail(error)
                }
            }
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
