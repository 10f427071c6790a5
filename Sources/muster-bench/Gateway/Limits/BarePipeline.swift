import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket

/// The least that a NIO client can do: sockets, TLS and WebSocket frames, which are counted.
enum BarePipeline {
    static func time(_ plan: ClientPlan) throws -> ProcessFigures {
        let meter = Meter(first: plan.traffic.warmUp + 2, last: plan.traffic.events + 2)
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let tls = try plan.certificate.map { try BenchCertificate(directory: $0).clientContext() }
        let channel = try ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost")) }
                    try pipeline.addHandler(BareUpgrade(meter: meter))
                }
            }
            .connect(host: "127.0.0.1", port: plan.sender.port).wait()
        try channel.closeFuture.wait()
        guard let used = meter.used else { throw BenchError.failed(process: "the bare pipeline", why: "the connection ended early") }
        return used
    }
}

/// Asks for the upgrade, then gives way to the frame decoder.
private final class BareUpgrade: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let meter: Meter
    private var answer = ByteBuffer()

    init(meter: Meter) {
        self.meter = meter
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: UpgradeRequest.text)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.answer.writeImmutableBuffer(self.unwrapInboundIn(data))
        guard let end = self.answer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        self.answer.moveReaderIndex(to: end.upperBound)
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 24)))
            try pipeline.addHandler(FrameCounter(meter: self.meter))
        } catch {
            return context.fireErrorCaught(error)
        }
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: UpgradeRequest.identifyFrame)), promise: nil)
        if self.answer.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(self.answer)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

private final class FrameCounter: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private let meter: Meter

    init(meter: Meter) {
        self.meter = meter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.meter.delivered(bytes: self.unwrapInboundIn(data).data.readableBytes) { context.close(promise: nil) }
    }
}
