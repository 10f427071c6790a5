import CZstd

/// The server's side of `zstd-stream`.
final class ZstdCompressor {
    private let context: OpaquePointer

    init(windowLog: Int32? = nil) {
        self.context = ZSTD_createCCtx()!
        if let windowLog { precondition(ZSTD_isError(ZSTD_CCtx_setParameter(self.context, ZSTD_c_windowLog, windowLog)) == 0) }
    }

    deinit {
        ZSTD_freeCCtx(self.context)
    }

    /// One message: a payload, flushed; the frame goes on.
    func compress(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count) + 1024)
        let room = output.count
        let count = bytes.withUnsafeBytes { bytes in
            output.withUnsafeMutableBytes { output in
                var target = ZSTD_outBuffer(dst: output.baseAddress, size: room, pos: 0)
                var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                precondition(ZSTD_compressStream2(self.context, &target, &source, ZSTD_e_flush) == 0)
                return target.pos
            }
        }
        return Array(output[..<count])
    }
}
