import CZstd

/// The other end of `zstd-stream`.
final class ZstdInflater {
    private let context: OpaquePointer

    init() { self.context = ZSTD_createDCtx() }

    deinit { ZSTD_freeDCtx(self.context) }

    struct Malformed: Error {}

    /// All that a message decompresses to.
    func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        try bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            var isFull = false
            while input.pos < input.size || isFull {
                let piece = try [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                    var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                    guard ZSTD_isError(ZSTD_decompressStream(self.context, &output, &input)) == 0 else { throw Malformed() }
                    count = output.pos
                }
                isFull = piece.count == 65_536
                result += piece
            }
        }
        return result
    }
}
