import GatewayModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Binds ports whose connections all live on one loop: HTTP, upgraded to the gateway where a client asks for that.
struct Listener: Sendable {
    let loop: any EventLoop
    let core: NIOLoopBound<SimulatorCore>
    let tls: NIOSSLContext?
    let backlogLimit: Int

    /// - Throws: `OperatorMistake` where the port cannot be had.
    func bind(host: String, port: Int, isResume: Bool) async throws -> any Channel {
        do {
            return try await self.channel(host: host, port: port, isResume: isResume)
        } catch {
            throw OperatorMistake(
                what: "cannot listen on \(host):\(port)", why: "\(error)", fix: "stop what uses the port, or choose another with `--listen`")
        }
    }

    /// - Parameters:
    ///   - port: `nil`: chosen here.
    ///   - base: the first port to try is the next one; `nil`: any free port.
    func bindResume(host: String, port: Int?, after base: Int?) async throws -> any Channel {
        if let port { return try await self.bind(host: host, port: port, isResume: true) }
        guard let base else { return try await self.bind(host: host, port: 0, isResume: true) }
        for candidate in base + 1..<min(base + 50, 65_535) {
            // Taken by something else: the next one.
            if let channel = try? await self.channel(host: host, port: candidate, isResume: true) { return channel }
        }
        return try await self.bind(host: host, port: 0, isResume: true)
    }

    private func channel(host: String, port: Int, isResume: Bool) async throws -> any Channel {
        try await self.bootstrap(isResume: isResume).bind(host: host, port: port).get()
    }

    func bootstrap(isResume: Bool) -> ServerBootstrap {
        ServerBootstrap(group: self.loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 10, high: max(1 << 20, self.backlogLimit)))
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try self.configure(channel, isResume: isResume) } }
    }

    private func configure(_ channel: any Channel, isResume: Bool) throws {
        if isResume {
            switch self.core.value.resumeHost {
            case .ends: return channel.close(promise: nil)
            // Bytes come and nobody reads them.
            case .silent: return
            case .open, .withoutHello, .refuses: break
            }
        }
        let pipeline = channel.pipeline.syncOperations
        if let tls = self.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        if self.core.value.options.helloWithUpgrade { try pipeline.addHandler(Cork()) }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                guard UpgradeRequest(head) != nil else { return channel.eventLoop.makeSucceededFuture(nil) }
                // There is one only where HELLO comes with the upgrade.
                try? channel.pipeline.syncOperations.handler(type: Cork.self).close()
                return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
            },
            upgradePipelineHandler: { [core] channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard let request = UpgradeRequest(head) else { return }
                    let pipeline = channel.pipeline.syncOperations
                    if let http = try? pipeline.context(handlerType: HTTPHandler.self) { pipeline.removeHandler(context: http, promise: nil) }
                    try pipeline.addHandler(
                        GatewaySocket(core: core.value, request: request, isResumeListener: isResume))
                    try? pipeline.handler(type: Cork.self).open()
                }
            })
        try pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }), withErrorHandling: true)
        try pipeline.addHandler(HTTPHandler(core: self.core.value))
    }
}
