import NIOCore

/// Keeps the answer to an upgrade back until HELLO is behind it, so that both leave in one TCP segment, as Discord's edge sends them at times.
final class Cork: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// `nil`: everything passes.
    private var held: ByteBuffer?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { self.held = self.held ?? ByteBuffer() }

    func open() {
        guard let held = self.held else { return }
        self.held = nil
        self.context?.writeAndFlush(self.wrapOutboundOut(.byteBuffer(held)), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard self.held != nil, case .byteBuffer(var bytes) = self.unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        self.held?.writeBuffer(&bytes)
        // The upgrade goes on once its answer counts as written.
        promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) {
        if self.held == nil { context.flush() }
    }
}
