import CZlib

/// `compress=zlib-stream`: one deflate context for the whole connection, one sync flush for each payload.
final class ZlibStream {
    /// Pointer of a C handle: deflate keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private var output: [UInt8]

    init() {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        // Level 1: speed. A context takes a quarter of a megabyte.
        guard muster_deflateInit(self.stream, 1) == Z_OK else { fatalError("zlib has no memory for a deflate context") }
        self.output = [UInt8](repeating: 0, count: 64 << 10)
    }

    deinit {
        deflateEnd(self.stream)
        self.stream.deinitialize(count: 1)
        self.stream.deallocate()
    }

    /// The payload's compressed bytes, ending with `00 00 ff ff`.
    func compress(_ payload: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        payload.withUnsafeBufferPointer { input in
            self.stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            self.stream.pointee.avail_in = UInt32(input.count)
            repeat {
                self.output.withUnsafeMutableBufferPointer { output in
                    self.stream.pointee.next_out = output.baseAddress
                    self.stream.pointee.avail_out = UInt32(output.count)
                    deflate(self.stream, Z_SYNC_FLUSH)
                    result.append(contentsOf: output[..<(output.count - Int(self.stream.pointee.avail_out))])
                }
            } while self.stream.pointee.avail_out == 0
        }
        return result
    }
}
