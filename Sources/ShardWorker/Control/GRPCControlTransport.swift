public import ClusterModel
import ControlProtocol
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayModel
import NIOCore

/// The control stream over gRPC, without TLS. Each stream has a TCP connection of its own, so that a new stream is a new try.
///
/// Dead peers are not noticed here: the worker's machine leaves a stream that brings no acks.
public struct GRPCControlTransport: ControlTransport {
    private let host: String
    private let port: Int

    /// - Parameter host: a name or an IP address, without brackets.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public func exchange(
        _ outgoing: AsyncStream<WorkerMessage>, opened: @escaping @Sendable () -> Void,
        received: @escaping @Sendable (CoordinatorEnvelope) async -> Void
    ) async -> String {
        do {
            let transport = try HTTP2ClientTransport.Posix(target: self.target, transportSecurity: .plaintext)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                let client = GRPCClient(transport: transport)
                group.addTask { try await client.runConnections() }
                // Hard, not graceful: a peer that went silent would keep a graceful end waiting.
                defer { group.cancelAll() }
                var options = CallOptions.defaults
                options.maxResponseMessageBytes = WireLimits.messageBytes
                options.waitForReady = false
                return try await Wire.Control.Client(wrapping: client).session(
                    options: options,
                    requestProducer: { writer in
                        opened()
                        for await message in outgoing { try await writer.write(message.encoded) }
                    },
                    onResponse: { response in
                        for try await message in response.messages { await received(try CoordinatorEnvelope(decoding: message)) }
                        return "the coordinator ended it"
                    })
            }
        } catch {
            return Self.reason(error)
        }
    }

    private var target: any ResolvableTarget {
        if (try? SocketAddress(ipAddress: self.host, port: self.port)) != nil {
            if self.host.contains(":") { return .ipv6(address: self.host, port: self.port) }
            return .ipv4(address: self.host, port: self.port)
        }
        return .dns(host: self.host, port: self.port)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as RPCError: "\(error.message) (\(error.code))"
        case let error as any OperatorError: "\(error)"
        case is CancellationError: "it was left"
        default: "\(error)"
        }
    }
}
