import ControlProtocol
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayModel

/// The gRPC server that workers dial.
struct ControlServer: Sendable {
    let address: ListenAddress
    let service: ControlService
    /// Its end asks the server to end, once every stream has.
    let stopped: AsyncStream<Void>

    /// Serves until it is asked to end.
    /// - Parameter listening: called once, with the port that was bound.
    /// - Throws: an `OperatorError` where the address cannot be bound.
    func run(listening: @Sendable @escaping (Int) -> Void) async throws {
        var config = HTTP2ServerTransport.Posix.Config.defaults
        config.rpc.maxRequestPayloadSize = WireLimits.messageBytes
        config.http2.targetWindowSize = 1 << 20
        config.http2.maxConcurrentStreams = 16
        // A connection without a stream is nobody's.
        config.connection.maxIdleTime = .seconds(30)
        // Workers ping to notice a dead coordinator soon; faster than this is refused.
        config.connection.keepalive.clientBehavior = .init(minPingIntervalWithoutCalls: .milliseconds(500), allowWithoutCalls: true)
        let transport = HTTP2ServerTransport.Posix(address: self.address.socketAddress, transportSecurity: .plaintext, config: config)
        let server = GRPCServer(transport: transport, services: [self.service])
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.serve() }
                group.addTask {
                    for await _ in self.stopped {}
                    server.beginGracefulShutdown()
                }
                group.addTask {
                    // It throws where the server cannot listen, and then `serve` says why.
                    guard let bound = try? await transport.listeningAddress else { return }
                    listening(bound.ipv4?.port ?? bound.ipv6?.port ?? self.address.port)
                }
                try await group.waitForAll()
            }
        } catch let error as RuntimeError {
            throw OperatorMistake(
                what: "the coordinator cannot listen on \(self.address)", why: error.cause.map { "\($0)" } ?? error.message,
                fix: "free that port, or choose another with --listen")
        }
    }
}
