import CZstd

/// `compress=zstd-stream`: one frame for the whole connection, flushed after each payload.
final class ZstdStream {
    /// Pointer of a C handle.
    private let context: OpaquePointer
    private var output: [UInt8]

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("zstd has no memory for a context") }
        self.context = context
        // Level 1: speed.
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
        self.output = [UInt8](repeating: 0, count: 64 << 10)
    }

    deinit {
        ZSTD_freeCCtx(self.context)
    }

    /// All that makes up the payload, and nothing of the next.
    func compress(_ payload: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        payload.withUnsafeBytes { bytes in
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            var rest: Int
            repeat {
                rest = self.output.withUnsafeMutableBytes { target in
                    var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    let rest = ZSTD_compressStream2(self.context, &output, &input, ZSTD_e_flush)
                    precondition(ZSTD_isError(rest) == 0, "zstd: \(String(cString: ZSTD_getErrorName(rest)))")
                    result.append(contentsOf: target[..<output.pos])
                    return rest
                }
            } while rest > 0
        }
        return result
    }
}
