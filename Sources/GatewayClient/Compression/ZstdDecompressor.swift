import CZstd

/// zstd: one stream for a whole connection, each message one payload. Messages do not end the stream's frame.
final class ZstdDecompressor: Decompressor {
    /// What a decoder should support at least (RFC 8878, 3.1.1.1.2): 8 MiB. A frame that wants more is refused, so that a hostile one cannot make us
    /// allocate gigabytes.
    static let maxWindowLog: Int32 = 23

    private let context: OpaquePointer
    private var input = ZSTD_inBuffer()
    private var written = 0

    init() throws(PayloadInflater.Failure) {
        guard let context = ZSTD_createDCtx() else { throw .unavailable(code: 0) }
        let code = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maxWindowLog)
        guard ZSTD_isError(code) == 0 else {
            ZSTD_freeDCtx(context)
            throw .unavailable(code: Int(ZSTD_getErrorCode(code).rawValue))
        }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(self.context)
    }

    func begin(_ message: UnsafeRawBufferPointer) {
        self.input = ZSTD_inBuffer(src: message.baseAddress, size: message.count, pos: 0)
        self.written = 0
    }

    func step(into output: UnsafeMutableRawBufferPointer) -> (written: Int, outcome: DecompressorOutcome) {
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while true {
            let code = ZSTD_decompressStream(self.context, &target, &self.input)
            if ZSTD_isError(code) != 0 { return (target.pos, .failed(.corrupt(code: Int(ZSTD_getErrorCode(code).rawValue)))) }
            // Room left: nothing is held back. No room: there may be more, even where all input is consumed.
            if target.pos == target.size { break }
            if self.input.pos == self.input.size {
                self.written += target.pos
                return (target.pos, .consumed)
            }
        }
        self.written += target.pos
        return (target.pos, .needsMoreRoom)
    }

    func end() -> MessageEnd {
        self.input = ZSTD_inBuffer()
        return self.written > 0 ? .payload : .failed(.incomplete)
    }
}
