import CZlib
import NIOCore

/// Inflates `zlib-stream`: one zlib stream for a whole connection, each payload ended by a sync flush (`00 00 FF FF`).
///
/// A class because a `z_stream` must not move while zlib holds pointers into it.
final class ZlibStream {
    enum Failure: Error, Hashable, CustomStringConvertible {
        case corrupt(code: Int32)
        /// A payload grew beyond the bound: a zlib bomb, or not for us.
        case tooLarge(limit: Int)
        /// zlib ended its stream; Discord never does.
        case ended

        var description: String {
            switch self {
            case .corrupt(let code): "corrupt zlib stream (\(code))"
            case .tooLarge(let limit): "zlib payload of more than \(limit) bytes"
            case .ended: "the zlib stream ended"
            }
        }
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let maxPayloadBytes: Int
    private var payload = ByteBuffer()
    private static let chunk = 64 << 10

    init(maxPayloadBytes: Int) {
        self.maxPayloadBytes = maxPayloadBytes
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        let code = muster_inflateInit(self.stream)
        precondition(code == Z_OK, "inflateInit failed with \(code): out of memory, or another zlib")
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deinitialize(count: 1)
        self.stream.deallocate()
    }

    /// Takes one WebSocket message.
    ///
    /// - Returns: the payload, where this message ended one; else `nil`.
    func inflate(_ message: ByteBuffer) throws(Failure) -> ByteBuffer? {
        try self.consume(message)
        guard Self.endsPayload(message) else { return nil }
        defer { self.payload = ByteBuffer() }
        return self.payload
    }

    private static func endsPayload(_ message: ByteBuffer) -> Bool {
        message.readableBytesView.suffix(4).elementsEqual([0x00, 0x00, 0xFF, 0xFF])
    }

    private func consume(_ message: ByteBuffer) throws(Failure) {
        var failure: Failure?
        message.withUnsafeReadableBytes { input in
            guard let base = input.bindMemory(to: UInt8.self).baseAddress else { return }
            self.stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
            self.stream.pointee.avail_in = UInt32(input.count)
            failure = self.drain()
            self.stream.pointee.next_in = nil
            self.stream.pointee.avail_in = 0
        }
        if let failure { throw failure }
    }

    private func drain() -> Failure? {
        while true {
            let room = min(Self.chunk, self.maxPayloadBytes + 1 - self.payload.readableBytes)
            guard room > 0 else { return .tooLarge(limit: self.maxPayloadBytes) }
            var code = Z_OK
            var isFull = false
            self.payload.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
                let output = output.prefix(room)
                self.stream.pointee.next_out = output.withMemoryRebound(to: UInt8.self) { $0.baseAddress }
                self.stream.pointee.avail_out = UInt32(room)
                code = CZlib.inflate(self.stream, Z_SYNC_FLUSH)
                isFull = self.stream.pointee.avail_out == 0
                self.stream.pointee.next_out = nil
                return room - Int(self.stream.pointee.avail_out)
            }
            switch code {
            case Z_STREAM_END: return .ended
            case Z_OK, Z_BUF_ERROR: break
            default: return .corrupt(code: code)
            }
            // `Z_BUF_ERROR` with room left says only that all input is consumed.
            if !isFull { return self.payload.readableBytes > self.maxPayloadBytes ? .tooLarge(limit: self.maxPayloadBytes) : nil }
        }
    }
}
