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
    private let request: UpgradeRequest
    private var compression: PayloadCompression
    private var style = ETFStyle(ids: .integers, connection: 0)
    private var state = State.new
    private var context: ChannelHandlerContext?
    /// Writes from here skip NIO's frame encoder: frames are made below, many to a buffer.
    private var encoder: ChannelHandlerContext?
    private var outgoing = ByteBuffer()
    private var fragments = [UInt8]()
    /// Of the message that `fragments` belong to.
    private var isText = false

    private enum State {
        case new
        case open(ConnectionID)
        /// A close frame was sent or answered; what comes is ignored until TCP ends.
        case closing
        case closed
    }

    init(core: SimulatorCore, request: UpgradeRequest, isResumeListener: Bool) {
        self.core = core
        self.request = request
        self.compression = PayloadCompression(request.compression)
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

    /// Its number, which chooses how ETF looks.
    func numbered(_ id: ConnectionID) {
        self.style = ETFStyle(ids: self.core.options.etfIDs, connection: id.rawValue)
    }

    /// Payload compression is what the session's IDENTIFY asked for: JSON only, and without effect under a transport compression.
    func compressPayloads(_ isWanted: Bool) {
        switch (self.request.encoding, self.compression) {
        case (.json, .none), (.json, .payload): self.compression = isWanted ? .payload : .none
        case (.json, .zlibStream), (.json, .zstdStream), (.etf, _): break
        }
    }

    /// Encodes, compresses and frames a payload. `flush()` sends it.
    ///
    /// - Parameter json: as `PayloadRenderer` made it.
    func append(_ json: [UInt8]) {
        switch self.request.encoding {
        case .json: self.append(encoded: json)
        case .etf: self.append(encoded: ETFWriter.payload(json, style: self.style))
        }
    }

    /// Bytes that no gateway should send.
    func send(_ garbage: Garbage) {
        switch garbage {
        case .invalidJSON: self.append(encoded: Array("{\"op\":0,\"t\":".utf8))
        case .invalidETF: self.append(encoded: [131, ETFWriter.Tag.map, 0, 0, 0, 4, ETFWriter.Tag.smallAtomUTF8, 1, UInt8(ascii: "d")])
        case .notZlib: self.message([0x7B, 0x00, 0x00, 0xFF, 0xFF], isBinary: self.request.compression != .none)
        case .truncatedZlib, .truncatedZstd:
            let beginning: [UInt8] = garbage == .truncatedZlib ? [0x78, 0x9C] : [0x28, 0xB5, 0x2F, 0xFD]
            let compressed = self.compression.compress(Array("{\"t\":null,\"s\":null,\"op\":11,\"d\":null}".utf8))
            self.message(compressed.map { Array($0.dropLast(6)) } ?? beginning, isBinary: true)
        case .bomb: self.append(encoded: [UInt8](repeating: 0x20, count: 256 << 20))
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
        // Stays new: what the client sends is ignored, and nobody knows of it.
        if self.isResumeListener, self.core.resumeHost == .withoutHello { return }
        // HELLO goes out inside this call.
        let placeholder = ConnectionID(rawValue: 0)
        self.state = .open(placeholder)
        let id = self.core.opened(self, version: self.request.version)
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
        if frame.opcode != .continuation {
            self.fragments = []
            self.isText = frame.opcode == .text
        }
        self.fragments += self.bytes(frame)
        guard self.fragments.count <= 4096 else {
            let count = self.fragments.count
            self.fragments = []
            return self.deliver(.tooLarge(bytes: count))
        }
        guard frame.fin else { return }
        let payload = self.fragments
        self.fragments = []
        switch self.request.encoding {
        // Text or binary: Discord reads JSON in both.
        case .json: self.deliver(ClientPayload(json: payload))
        case .etf: self.deliver(self.isText ? .undecodable : ClientPayload(etf: payload))
        }
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

    private func append(encoded payload: [UInt8]) {
        guard let compressed = self.compression.compress(payload) else { return self.message(payload, isBinary: self.request.encoding == .etf) }
        guard case .zlibStream = self.compression, let size = self.core.options.splitBytes else { return self.message(compressed, isBinary: true) }
        var rest = compressed[...]
        while rest.count > size {
            var piece = rest.prefix(size)
            // A client takes these bytes at the end of a message for the end of the payload.
            while piece.count > 1, piece.suffix(4).elementsEqual([0, 0, 0xFF, 0xFF]) { piece = piece.dropLast() }
            self.message(Array(piece), isBinary: true)
            rest = rest.dropFirst(piece.count)
        }
        self.message(Array(rest), isBinary: true)
    }

    /// One message, in fragments where the options say so.
    private func message(_ bytes: [UInt8], isBinary: Bool) {
        let opcode: UInt8 = isBinary ? 0x2 : 0x1
        guard let size = self.core.options.fragmentBytes, bytes.count > size else { return self.frame(opcode: opcode, bytes) }
        for start in stride(from: 0, to: bytes.count, by: size) {
            self.frame(opcode: start == 0 ? opcode : 0, bytes[start..<min(start + size, bytes.count)], isFinal: false)
        }
        self.frame(opcode: 0, [] as [UInt8])
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
