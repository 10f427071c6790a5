import CZlib
import CZstd
import GatewayModel

/// A server's compression of one connection.
final class StreamCompressor {
    private enum Stream {
        case none
        case zlib(UnsafeMutablePointer<z_stream>)
        case zstd(OpaquePointer)
    }

    private let stream: Stream
    private var room = [UInt8](repeating: 0, count: 1 << 20)

    init(_ compression: GatewayCompression) {
        switch compression {
        case .none, .payload: self.stream = .none
        case .zlibStream:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            precondition(muster_deflateInit(stream, 6) == Z_OK, "deflateInit failed")
            self.stream = .zlib(stream)
        case .zstdStream:
            guard let context = ZSTD_createCCtx() else { preconditionFailure("ZSTD_createCCtx failed") }
            // As Discord's engineers describe theirs (blog, 2024): a window that a server can afford for each connection.
            for (parameter, value) in [
                (ZSTD_c_compressionLevel, 6), (ZSTD_c_windowLog, 18), (ZSTD_c_hashLog, 16), (ZSTD_c_chainLog, 16),
            ] as [(ZSTD_cParameter, Int32)] {
                precondition(ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0, "zstd refuses a parameter")
            }
            self.stream = .zstd(context)
        }
    }

    deinit {
        switch self.stream {
        case .none: break
        case .zlib(let stream):
            deflateEnd(stream)
            stream.deinitialize(count: 1)
            stream.deallocate()
        case .zstd(let context): ZSTD_freeCCtx(context)
        }
    }

    /// One message's bytes, flushed to their end. The result lives until the next call.
    func compress(_ payload: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        precondition(payload.count + payload.count / 64 + 1024 <= self.room.count, "a payload of \(payload.count) bytes is none of this traffic")
        payload.withUnsafeBufferPointer { input in
            self.room.withUnsafeMutableBufferPointer { output in
                switch self.stream {
                case .none: body(input)
                case .zlib(let stream):
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                    stream.pointee.avail_in = UInt32(input.count)
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    precondition(deflate(stream, Z_SYNC_FLUSH) == Z_OK, "deflate failed")
                    body(UnsafeBufferPointer(rebasing: output[..<(output.count - Int(stream.pointee.avail_out))]))
                case .zstd(let context):
                    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
                    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                    precondition(ZSTD_compressStream2(context, &target, &source, ZSTD_e_flush) == 0, "zstd did not flush")
                    body(UnsafeBufferPointer(rebasing: output[..<target.pos]))
                }
            }
        }
    }
}
