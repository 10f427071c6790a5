import ClusterTestKit
import NIOCore

/// One connection: the upgrade with HELLO behind it, then, when all have sent IDENTIFY, everything else as fast as the socket takes it.
///
/// It reads nothing of what it is sent: the first bytes after the upgrade are IDENTIFY.
final class SenderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let slice = 256 << 10

    private enum State {
        case upgrading(ByteBuffer)
        case awaitingIdentify
        case awaitingStart
        case sending(next: Int)
    }

    private let blob: FrameBlob
    private let startLine: StartLine
    private var state = State.upgrading(ByteBuffer())
    private var context: ChannelHandlerContext?

    init(blob: FrameBlob, startLine: StartLine) {
        self.blob = blob
        self.startLine = startLine
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.state {
        case .upgrading(var request):
            request.writeImmutableBuffer(self.unwrapInboundIn(data))
            self.state = .upgrading(request)
            self.upgrade(request, context)
        case .awaitingIdentify:
            self.state = .awaitingStart
            self.startLine.arrived(self)
        case .awaitingStart, .sending: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.startLine.left(self)
        context.fireChannelInactive()
    }

    /// A client that has what it wants goes away in the middle of a write.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.fill(context)
    }

    func start() {
        guard let context = self.context, case .awaitingStart = self.state else { return }
        self.state = .sending(next: self.blob.helloEnd)
        self.fill(context)
    }

    private func fill(_ context: ChannelHandlerContext) {
        while case .sending(let next) = self.state, context.channel.isWritable, next < self.blob.bytes.writerIndex {
            let count = min(Self.slice, self.blob.bytes.writerIndex - next)
            guard let slice = self.blob.bytes.getSlice(at: next, length: count) else { return }
            self.state = .sending(next: next + count)
            context.writeAndFlush(self.wrapOutboundOut(slice), promise: nil)
        }
    }

    private func upgrade(_ request: ByteBuffer, _ context: ChannelHandlerContext) {
        let text = String(buffer: request)
        guard text.hasSuffix("\r\n\r\n") else { return }
        let line = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") }
        let key = line?.split(separator: ":").last?.filter { $0 != " " } ?? ""
        var answer = ByteBuffer(
            string: """
                HTTP/1.1 101 Switching Protocols\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Accept: \(SHA1.webSocketAccept(key: key))\r
                \r\n
                """)
        if let hello = self.blob.bytes.getSlice(at: 0, length: self.blob.helloEnd) { answer.writeImmutableBuffer(hello) }
        self.state = .awaitingIdentify
        context.writeAndFlush(self.wrapOutboundOut(answer), promise: nil)
    }
}
