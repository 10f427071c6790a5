import GatewayModel
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Requests that do not become WebSockets: Discord's API as far as gateways go, and `/_sim`.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let core: SimulatorCore
    private var head: HTTPRequestHead?

    init(core: SimulatorCore) {
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        // No route reads a body.
        case .body: break
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            guard let reply = self.core.reply(to: head) else { return context.close(promise: nil) }
            // Only a connection's first request can become a WebSocket, and some clients send their upgrade on a connection they used for the API.
            let keepAlive = head.isKeepAlive && head.uri.hasPrefix("/_sim/")
            let isHead = head.method == .HEAD
            guard let ready = reply.ready else { return self.write(reply, keepAlive: keepAlive, isHead: isHead, context: context) }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            ready.whenComplete { result in
                let (handler, context) = bound.value
                switch result {
                case .success: handler.write(reply, keepAlive: keepAlive, isHead: isHead, context: context)
                case .failure(let error):
                    handler.write(.error(.internalServerError, "\(error)"), keepAlive: keepAlive, isHead: isHead, context: context)
                }
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An upgrade that `UpgradeRequest` refused: the request follows, and is answered with 400.
        if let error = error as? NIOWebSocketUpgradeError, error == .unsupportedWebSocketTarget { return }
        context.close(promise: nil)
    }

    private func write(_ reply: HTTPReply, keepAlive: Bool, isHead: Bool, context: ChannelHandlerContext) {
        var headers = HTTPHeaders([("content-type", reply.contentType), ("content-length", String(reply.body.count))])
        headers.add(name: "connection", value: keepAlive ? "keep-alive" : "close")
        context.write(self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers))), promise: nil)
        if !isHead { context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            if !keepAlive { bound.value.close(promise: nil) }
        }
    }
}
