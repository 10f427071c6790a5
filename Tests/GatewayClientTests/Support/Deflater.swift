import CZlib

/// The server's side of `zlib-stream`.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        precondition(muster_deflateInit(self.stream, 6) == Z_OK)
    }

    deinit {
        deflateEnd(self.stream)
        self.stream.deallocate()
    }

    /// Ends with `00 00 FF FF`.
    func deflate(_ text: String) -> [UInt8] {
        var input = Array(text.utf8)
        var output = [UInt8](repeating: 0, count: input.count + input.count / 100 + 1024)
        let count = input.count
        let room = output.count
        let left = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                self.stream.pointee.next_in = input.baseAddress
                self.stream.pointee.avail_in = UInt32(count)
                self.stream.pointee.next_out = output.baseAddress
                self.stream.pointee.avail_out = UInt32(room)
                precondition(CZlib.deflate(self.stream, Z_SYNC_FLUSH) == Z_OK)
                return Int(self.stream.pointee.avail_out)
            }
        }
        return Array(output[..<(room - left)])
    }
}
