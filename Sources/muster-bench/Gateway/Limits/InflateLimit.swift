import CZlib
import CZstd
import GatewayModel

/// One stream for all messages, as on a connection, into one buffer that is used again.
final class InflateLimit: MessageLimit {
    private enum Stream {
        case zlib(UnsafeMutablePointer<z_stream>)
        case zstd(OpaquePointer)
    }

    private let stream: Stream
    private let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)

    init(_ compression: GatewayCompression) {
        switch compression {
        case .none, .payload: preconditionFailure("there is nothing to inflate")
        case .zlibStream:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            precondition(muster_inflateInit(stream) == Z_OK, "inflateInit failed")
            self.stream = .zlib(stream)
        case .zstdStream:
            guard let context = ZSTD_createDCtx() else { preconditionFailure("ZSTD_createDCtx failed") }
            self.stream = .zstd(context)
        }
    }

    deinit {
        switch self.stream {
        case .zlib(let stream):
            inflateEnd(stream)
            stream.deinitialize(count: 1)
            stream.deallocate()
        case .zstd(let context): ZSTD_freeDCtx(context)
        }
        self.target.deallocate()
    }

    func take(_ message: UnsafeRawBufferPointer) {
        switch self.stream {
        case .zlib(let stream):
            stream.pointee.next_in = UnsafeMutablePointer(mutating: message.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(message.count)
            stream.pointee.next_out = self.target.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(self.target.count)
            precondition(inflate(stream, Z_SYNC_FLUSH) == Z_OK && stream.pointee.avail_in == 0, "our own stream is corrupt")
        case .zstd(let context):
            var source = ZSTD_inBuffer(src: message.baseAddress, size: message.count, pos: 0)
            var output = ZSTD_outBuffer(dst: self.target.baseAddress, size: self.target.count, pos: 0)
            while source.pos < source.size {
                precondition(ZSTD_isError(ZSTD_decompressStream(context, &output, &source)) == 0, "our own stream is corrupt")
            }
        }
    }
}
