package import GatewayModel
package import NIOCore

/// Makes payloads out of a connection's messages, whatever their compression. One for each connection: a new connection is a new stream.
///
/// Lives on one event loop, that of its pool.
package final class PayloadInflater {
    /// After one, the stream is of no use any more.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        /// With the code of zlib or zstd. A zstd window of more than 8 MiB is one, too.
        case corrupt(code: Int)
        /// A payload grew beyond the bound: a bomb, or not for us.
        case tooLarge(limit: Int)
        /// zlib ended the stream of a connection; Discord never does.
        case ended
        /// The message ends before its payload.
        case incomplete
        /// The message goes on after its payload.
        case trailingBytes
        /// The library cannot begin: out of memory, or another version.
        case unavailable(code: Int)

        package var description: String {
            switch self {
            case .corrupt(let code): "corrupt compressed data (\(code))"
            case .tooLarge(let limit): "a payload of more than \(limit) bytes after decompression"
            case .ended: "the compressed stream ended"
            case .incomplete: "a compressed message that ends before its payload"
            case .trailingBytes: "a compressed message that goes on after its payload"
            case .unavailable(let code): "the decompression library cannot begin (\(code))"
            }
        }
    }

    private enum Kind {
        case none
        case payload
        case zlib(ZlibDecompressor)
        case zstd(ZstdDecompressor)
    }

    private let kind: Kind
    private let maxPayloadBytes: Int
    private let pool: InflateBufferPool
    /// What earlier messages said of the payload under way.
    private var begun: ByteBuffer?

    /// - Parameter limits: `maxInflatedBytes` is the hard cap of one payload.
    package init(compression: GatewayCompression, limits: GatewayLimits, pool: InflateBufferPool) throws(Failure) {
        self.maxPayloadBytes = limits.maxInflatedBytes
        self.pool = pool
        switch compression {
        case .none: self.kind = .none
        case .payload: self.kind = .payload
        case .zlibStream: self.kind = .zlib(try ZlibDecompressor(.connection))
        case .zstdStream: self.kind = .zstd(try ZstdDecompressor())
        }
    }

    /// Takes one WebSocket message.
    ///
    /// - Returns: the payload, where this message ended one; else `nil`. Never an empty one where there is compression. Uncompressed ones are the message
    ///   itself.
    package func inflate(_ message: ByteBuffer, isBinary: Bool) throws(Failure) -> ByteBuffer? {
        switch self.kind {
        case .none: return message
        case .payload:
            // The first byte of zlib's format. No payload begins with it: JSON begins with `{` or white space, ETF with 131.
            guard isBinary, message.getInteger(at: message.readerIndex, as: UInt8.self) == 0x78 else { return message }
            return try self.run(self.pool.decompressorOfWholePayloads(), message)
        case .zlib(let decompressor): return try self.run(decompressor, message)
        case .zstd(let decompressor): return try self.run(decompressor, message)
        }
    }

    private enum Outcome {
        case payload(ByteBuffer)
        case nothing
        case failed(Failure)
    }

    @inline(__always)
    private func run(_ decompressor: some Decompressor, _ message: ByteBuffer) throws(Failure) -> ByteBuffer? {
        let outcome = message.withUnsafeReadableBytes { bytes in
            decompressor.begin(bytes)
            return self.begun == nil ? self.inflateIntoSlab(decompressor, expecting: 8 * bytes.count) : self.grow(decompressor, expecting: 4 * bytes.count)
        }
        switch outcome {
        case .payload(let payload): return payload
        case .nothing: return nil
        case .failed(let failure): throw failure
        }
    }

    /// - Parameter bytes: gateway payloads compress by 5 to 10.
    @inline(__always)
    private func inflateIntoSlab(_ decompressor: some Decompressor, expecting bytes: Int) -> Outcome {
        let cap = self.maxPayloadBytes
        let step = self.pool.withRoom(expecting: bytes) { decompressor.step(into: UnsafeMutableRawBufferPointer(rebasing: $0.prefix(cap + 1))) }
        guard let step else { return self.grow(decompressor, expecting: bytes / 2) }
        guard step.written <= cap else { return .failed(.tooLarge(limit: cap)) }
        switch step.outcome {
        case .failed(let failure): return .failed(failure)
        case .consumed:
            switch decompressor.end() {
            case .payload: return step.written > 0 ? .payload(self.pool.take(step.written)) : .nothing
            // It goes on: in a buffer of its own, since the slab belongs to all.
            case .nothing: self.begun = ByteBuffer(buffer: self.pool.take(step.written))
            case .failed(let failure): return .failed(failure)
            }
            return .nothing
        case .needsMoreRoom:
            self.begun = ByteBuffer(buffer: self.pool.take(step.written))
            return self.grow(decompressor, expecting: bytes / 2)
        }
    }

    /// In a buffer of its own, which doubles.
    @inline(never)
    private func grow(_ decompressor: some Decompressor, expecting bytes: Int) -> Outcome {
        var payload = self.begun ?? ByteBuffer()
        self.begun = nil
        let cap = self.maxPayloadBytes
        while true {
            let count = payload.readableBytes
            let room = min(max(bytes, count, 16 << 10), cap + 1 - count)
            var outcome = DecompressorOutcome.consumed
            payload.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
                let step = decompressor.step(into: UnsafeMutableRawBufferPointer(rebasing: output.prefix(cap + 1 - count)))
                outcome = step.outcome
                return step.written
            }
            guard payload.readableBytes <= cap else { return .failed(.tooLarge(limit: cap)) }
            switch outcome {
            case .failed(let failure): return .failed(failure)
            case .needsMoreRoom: continue
            case .consumed:
                switch decompressor.end() {
                case .payload: return payload.readableBytes > 0 ? .payload(payload) : .nothing
                case .nothing: self.begun = payload
                case .failed(let failure): return .failed(failure)
                }
                return .nothing
            }
        }
    }
}
