import NIOCore
import NIOWebSocket

/// One whole message, whatever its fragments were.
struct WebSocketMessage {
    var data: ByteBuffer
    var isBinary: Bool
}

/// What a connection tells its owner, on its event loop.
protocol WebSocketConnectionOwner: AnyObject {
    /// The owner is inside a call of its own and cannot take a message now.
    var isBusy: Bool { get }
    func received(_ message: WebSocketMessage, from connection: WebSocketConnection)
    func receivedMalformed(_ reason: String, from connection: WebSocketConnection)
    /// The connection is gone. Last call.
    func closed(code: UInt16?, reason: String, from connection: WebSocketConnection)
}

/// The end of a client's pipeline: messages out of frames, ping and pong, close, and a gate that withholds reads.
///
/// It answers no close frame, since an echo of 1000 or 1001 would end the gateway session: it ends TCP instead. It is never the one to choose a
/// close code. As in `ShardDriver`, what each message touches is `@exclusivity(unchecked)`.
final class WebSocketConnection: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    /// Let go at the end of the connection, which comes in any case.
    @exclusivity(unchecked) private var owner: (any WebSocketConnectionOwner)?
    private let maxMessageBytes: Int
    private var context: ChannelHandlerContext?
    @exclusivity(unchecked) private var state = State.open
    @exclusivity(unchecked) private var fragments: WebSocketMessage?
    /// Arrived, but not handed on while reading is paused. Bounded by one turn of reads, since no more are issued then.
    @exclusivity(unchecked) private var inbox = CircularBuffer<Item>(initialCapacity: 2)
    @exclusivity(unchecked) private var isPaused = false
    private var isReadWanted = false
    private var lastError: String?

    private enum State {
        case open
        /// Our close frame is out; what was on its way is still handed on, up to the end.
        case closing
        /// Our close frame is out, or the owner wants no more: everything is read and dropped up to the end.
        case discarding
        case ended
    }

    private var handsOn: Bool {
        switch self.state {
        case .open, .closing: true
        case .discarding, .ended: false
        }
    }

    private enum Item {
        case message(WebSocketMessage)
        case malformed(String)
        case closed(code: UInt16?, reason: String)
    }

    init(owner: any WebSocketConnectionOwner, maxMessageBytes: Int) {
        self.owner = owner
        self.maxMessageBytes = maxMessageBytes
    }

    // MARK: The owner's calls

    /// - Returns: `false` where the peer takes nothing at present, so that nothing was written.
    @discardableResult
    func send(_ payload: [UInt8], isBinary: Bool) -> Bool {
        guard let context = self.context, case .open = self.state, context.channel.isWritable else { return false }
        self.write(isBinary ? .binary : .text, context.channel.allocator.buffer(bytes: payload), context)
        return true
    }

    func pauseReading() {
        self.isPaused = true
    }

    func resumeReading() {
        guard self.isPaused, self.handsOn else { return }
        self.isPaused = false
        self.drain()
        self.readIfWanted()
    }

    /// Hands on nothing more but the end.
    func stopReading() {
        self.inbox.removeAll()
        self.isPaused = true
        if self.handsOn { self.state = .discarding }
    }

    /// Sends a close frame, reads on to the end of the stream. `closed` follows, unless `drop` comes first.
    ///
    /// - Parameter handingOn: whether messages that were on their way are still handed on.
    func close(code: UInt16, handingOn: Bool) {
        guard let context = self.context, self.state != .ended else { return }
        if handingOn, self.handsOn {
            self.state = .closing
        } else {
            self.state = .discarding
            self.inbox.removeAll()
        }
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.writeInteger(code)
        self.write(.connectionClose, payload, context)
        self.isPaused = false
        self.drain()
        self.readIfWanted()
    }

    /// Ends TCP, after what is written. The owner hears nothing more.
    func drop() {
        self.state = .ended
        self.owner = nil
        self.inbox.removeAll()
        self.context?.close(promise: nil)
    }

    // MARK: The pipeline's calls

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if self.isPaused {
            self.isReadWanted = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.handsOn else { return self.discard(self.unwrapInboundIn(data), context) }
        let frame = self.unwrapInboundIn(data)
        guard frame.reservedBits.isEmpty else { return self.enqueue(.malformed("a WebSocket frame with reserved bits")) }
        switch frame.opcode {
        case .text, .binary:
            guard self.fragments == nil else { return self.enqueue(.malformed("a WebSocket message inside another")) }
            self.begin(WebSocketMessage(data: frame.unmaskedData, isBinary: frame.opcode == .binary), isWhole: frame.fin)
        case .continuation:
            guard self.fragments != nil else { return self.enqueue(.malformed("a WebSocket continuation of nothing")) }
            self.append(frame.unmaskedData, isLast: frame.fin)
        case .ping:
            // A peer that sends pings and reads no pongs gets none, instead of our memory.
            if case .open = self.state, context.channel.isWritable { self.write(.pong, frame.unmaskedData, context) }
        case .pong: break
        case .connectionClose:
            let (code, reason) = Self.closeReason(of: frame)
            self.enqueue(.closed(code: code, reason: reason))
        default: self.enqueue(.malformed("a WebSocket frame with opcode \(frame.opcode)"))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.handsOn, error is NIOWebSocketError {
            self.enqueue(.malformed("broken WebSocket framing: \(error)"))
        } else {
            self.lastError = "\(error)"
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let reason = self.lastError ?? "TCP ended"
        switch self.state {
        case .open, .closing: self.enqueue(.closed(code: nil, reason: reason))
        case .discarding: self.end(code: nil, reason: reason)
        case .ended: break
        }
        context.fireChannelInactive()
    }

    // MARK: Messages

    private func begin(_ message: WebSocketMessage, isWhole: Bool) {
        guard self.isSmallEnough(message.data.readableBytes) else { return }
        guard isWhole else {
            self.fragments = message
            return
        }
        // The usual case: nothing waits, and the owner takes it at once.
        if self.inbox.isEmpty, !self.isPaused, let owner = self.owner, !owner.isBusy {
            owner.received(message, from: self)
        } else {
            self.enqueue(.message(message))
        }
    }

    private func append(_ data: ByteBuffer, isLast: Bool) {
        guard self.isSmallEnough((self.fragments?.data.readableBytes ?? 0) + data.readableBytes) else { return }
        self.fragments?.data.writeImmutableBuffer(data)
        guard isLast, let message = self.fragments else { return }
        self.fragments = nil
        self.enqueue(.message(message))
    }

    private func isSmallEnough(_ bytes: Int) -> Bool {
        if bytes > self.maxMessageBytes { self.enqueue(.malformed("a WebSocket message of more than \(self.maxMessageBytes) bytes")) }
        return bytes <= self.maxMessageBytes
    }

    private func enqueue(_ item: Item) {
        self.inbox.append(item)
        self.drain()
    }

    private func drain() {
        while !self.isPaused, self.handsOn, !self.inbox.isEmpty {
            guard let owner = self.owner else { return }
            guard !owner.isBusy else {
                guard let context = self.context else { return }
                return context.eventLoop.assumeIsolated().execute { self.drain() }
            }
            switch self.inbox.removeFirst() {
            case .message(let message): owner.received(message, from: self)
            case .malformed(let reason):
                // What follows cannot be read. The owner closes.
                self.inbox.removeAll()
                self.state = .discarding
                owner.receivedMalformed(reason, from: self)
            case .closed(let code, let reason): self.end(code: code, reason: reason)
            }
        }
    }

    private func end(code: UInt16?, reason: String) {
        guard self.state != .ended else { return }
        self.state = .ended
        self.context?.close(promise: nil)
        let owner = self.owner
        self.owner = nil
        owner?.closed(code: code, reason: reason, from: self)
    }

    /// After our own close frame only the peer's, or the end of TCP, counts.
    private func discard(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard case .discarding = self.state, frame.opcode == .connectionClose else { return }
        let (code, reason) = Self.closeReason(of: frame)
        self.end(code: code, reason: reason)
    }

    private func readIfWanted() {
        guard self.isReadWanted, !self.isPaused else { return }
        self.isReadWanted = false
        self.context?.read()
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(self.wrapOutboundOut(frame), promise: nil)
    }

    private static func closeReason(of frame: WebSocketFrame) -> (code: UInt16?, reason: String) {
        var data = frame.unmaskedData
        guard let code = data.readInteger(as: UInt16.self) else { return (nil, "a close frame without code") }
        // At most 123 bytes, by the RFC.
        return (code, String(buffer: data))
    }
}
