import Glibc
import GatewayModel
import NIOCore
import NIOWebSocket
import SimulatedGateway

/// One client's WebSocket, after the upgrade: decodes what comes, frames what goes. Decides nothing about the gateway.
final class GatewaySocket: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    let isResumeListener: Bool
    var isDirty = false
    /// Set while a RESUME waits; `held` are the payloads that wait with it.
    var isHolding = false
    var held: [ClientPayload] = []

    private let core: SimulatorCore
    private let version: Int?
    private let compressor: ZlibStream?
    private var state = State.new
    private var context: ChannelHandlerContext?
    /// Writes from here skip NIO's frame encoder: frames are made below, many to a buffer.
    private var encoder: ChannelHandlerContext?
    private var outgoing = ByteBuffer()
    private var fragments = [UInt8]()

    private enum State {
        case new
        case open(ConnectionID)
        /// A close frame was sent or answered; what comes is ignored until TCP ends.
        case closing
        case closed
    }

    init(core: SimulatorCore, version: Int?, compress: Bool, isResumeListener: Bool) {
        self.core = core
        self.version = version
        self.compressor = compress ? ZlibStream() : nil
        self.isResumeListener = isResumeListener
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
        if context.channel.isActive { self.open() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.encoder = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.transportEnded()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOWebSocketError, case .open(let id) = self.state {
            self.core.received(.undecodable, from: id, on: self)
        } else {
            self.transportEnded()
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable, case .open(let id) = self.state { self.core.backlogged(id, self) }
        context.fireChannelWritabilityChanged()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        switch frame.opcode {
        case .connectionClose: self.closeReceived(frame)
        case .ping: self.write(opcode: 0xA, self.bytes(frame))
        case .pong: break
        case .text, .binary, .continuation: self.dataReceived(frame)
        default: self.deliver(.undecodable)
        }
    }

    /// Frames a payload, compressed where the client asked for that. `flush()` sends it.
    func append(_ payload: [UInt8]) {
        let opcode: UInt8 = self.compressor == nil ? 0x1 : 0x2
        let bytes = self.compressor?.compress(payload) ?? payload
        guard let size = self.core.options.fragmentBytes, bytes.count > size else { return self.frame(opcode: opcode, bytes) }
        for start in stride(from: 0, to: bytes.count, by: size) {
            self.frame(opcode: start == 0 ? opcode : 0, bytes[start..<min(start + size, bytes.count)], isFinal: false)
        }
        self.frame(opcode: 0, [] as [UInt8])
    }

    /// Bytes that no gateway should send.
    func send(_ garbage: Garbage) {
        switch garbage {
        case .invalidJSON: self.append(Array("{\"op\":0,\"t\":".utf8))
        case .notZlib: self.frame(opcode: self.compressor == nil ? 0x1 : 0x2, [0x7B, 0x00, 0x00, 0xFF, 0xFF] as [UInt8])
        case .truncatedZlib: self.frame(opcode: 0x2, Array((self.compressor?.compress(Array("{\"op\":11}".utf8)) ?? [0x78, 0x9C]).dropLast(6)))
        case .bomb: self.append([UInt8](repeating: 0x20, count: 256 << 20))
        case .sequenceBackwards: self.append(Array("{\"t\":\"TYPING_START\",\"s\":1,\"op\":0,\"d\":{}}".utf8))
        }
    }

    func flush() {
        self.isDirty = false
        guard self.outgoing.readableBytes > 0 else { return }
        let buffer = self.outgoing
        self.outgoing = ByteBuffer()
        self.encoder?.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    /// Close frame; TCP ends when the client answers, or after two seconds.
    func close(code: UInt16) {
        guard case .open = self.state else { return }
        self.state = .closing
        self.write(opcode: 0x8, [UInt8(code >> 8), UInt8(code & 0xFF)])
        guard let context = self.context else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.close(promise: nil) }
    }

    /// TCP ends at once, what waits to be sent is dropped.
    func cut(_ how: TransportCut) {
        self.state = .closed
        guard let context = self.context else { return }
        switch how {
        case .fin:
            context.close(promise: nil)
        case .reset:
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            let options = context.channel as? any SocketOptionProvider
            guard let options else { return context.close(promise: nil) }
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.channel.close(mode: .all, promise: nil) }
        }
    }

    private func open() {
        guard case .new = self.state else { return }
        // HELLO goes out inside this call.
        let placeholder = ConnectionID(rawValue: 0)
        self.state = .open(placeholder)
        let id = self.core.opened(self, version: self.version)
        if case .open = self.state { self.state = .open(id) }
    }

    private func transportEnded() {
        if case .open(let id) = self.state { self.core.ended(id, .transportEnded) }
        self.state = .closed
    }

    private func closeReceived(_ frame: WebSocketFrame) {
        let bytes = self.bytes(frame)
        let code = bytes.count >= 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : 1005
        if case .open(let id) = self.state {
            self.core.ended(id, .closeFrame(code: code))
            self.write(opcode: 0x8, Array(bytes.prefix(2)))
        }
        self.state = .closed
        self.context?.close(promise: nil)
    }

    private func dataReceived(_ frame: WebSocketFrame) {
        if frame.opcode != .continuation { self.fragments = [] }
        self.fragments += self.bytes(frame)
        guard self.fragments.count <= 4096 else {
            let count = self.fragments.count
            self.fragments = []
            return self.deliver(.tooLarge(bytes: count))
        }
        guard frame.fin else { return }
        let payload = self.fragments
        self.fragments = []
        // Text or binary: Discord reads JSON in both.
        self.deliver(ClientPayload(json: payload))
    }

    private func deliver(_ payload: ClientPayload) {
        guard case .open(let id) = self.state else { return }
        self.core.received(payload, from: id, on: self)
    }

    private func bytes(_ frame: WebSocketFrame) -> [UInt8] {
        let data = frame.unmaskedData
        return Array(data.readableBytesView)
    }

    private func write(opcode: UInt8, _ payload: [UInt8]) {
        self.frame(opcode: opcode, payload)
        self.flush()
    }

    /// One unmasked frame. RFC 6455, 5.2.
    private func frame(opcode: UInt8, _ payload: some Collection<UInt8>, isFinal: Bool = true) {
        self.outgoing.writeInteger((isFinal ? 0x80 : 0) | opcode)
        switch payload.count {
        case ..<126:
            self.outgoing.writeInteger(UInt8(payload.count))
        case ..<65_536:
            self.outgoing.writeInteger(UInt8(126))
            self.outgoing.writeInteger(UInt16(payload.count))
        default:
            self.outgoing.writeInteger(UInt8(127))
            self.outgoing.writeInteger(UInt64(payload.count))
        }
        self.outgoing.writeBytes(payload)
    }
}
