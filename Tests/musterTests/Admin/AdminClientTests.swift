import GatewayModel
import NIOCore
import NIOPosix
import Testing

@testable import muster

@Suite("Asking a coordinator", .timeLimit(.minutes(1)))
struct AdminClientTests {
    @Test("says of a request that got no answer that it may be done all the same")
    func noAnswer() async throws {
        // Reads the request and closes.
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Closer()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try AdminClient(url: "http://127.0.0.1:\(server.localAddress?.port ?? 0)")
        let posted = await #expect(throws: OperatorMistake.self) { try await client.post("/v1/commands", json: [:]) }
        #expect(posted?.why.contains("it may be done all the same") == true, "\(String(describing: posted))")
        let asked = await #expect(throws: OperatorMistake.self) { try await client.status() }
        #expect(asked?.what.hasSuffix("cannot be asked") == true, "\(String(describing: asked))")
        try await server.close()
        let refused = await #expect(throws: OperatorMistake.self) { try await client.post("/v1/commands", json: [:]) }
        #expect(refused?.what.hasSuffix("cannot be asked") == true, "\(String(describing: refused))")
    }

    private final class Closer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.close(promise: nil)
        }
    }
}
