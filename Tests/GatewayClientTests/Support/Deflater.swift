import CZlib

/// The server's side of `zlib-stream`.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter level: 0 stores, 9 packs best.
    init(level: Int32 = 6) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        precondition(muster_deflateInit(self.stream, level) == Z_OK)
    }

    deinit {
        deflateEnd(self.stream)
        self.stream.deallocate()
    }

    /// Ends with `00 00 FF FF`.
    func deflate(_ text: String) -> [UInt8] {
        self.deflate(Array(text.utf8))
    }

    /// Ends with `00 00 FF FF`.
    func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var input = bytes
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

    /// One whole stream.
    static func whole(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Int(compressBound(UInt(bytes.count))))
        var count = UInt(output.count)
        precondition(compress(&output, &count, bytes, UInt(bytes.count)) == Z_OK)
        return Array(output[..<Int(count)])
    }
}
