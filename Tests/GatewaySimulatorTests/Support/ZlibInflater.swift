import CZlib

/// One inflate context, as a client keeps for a connection.
final class ZlibInflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() {
        self.stream.initialize(to: z_stream())
        muster_inflateInit(self.stream)
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deallocate()
    }

    func inflate(_ bytes: [UInt8]) -> [UInt8] {
        var input = bytes
        var result: [UInt8] = []
        var output = [UInt8](repeating: 0, count: 4096)
        input.withUnsafeMutableBufferPointer { input in
            self.stream.pointee.next_in = input.baseAddress
            self.stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output.withUnsafeMutableBufferPointer { output in
                    self.stream.pointee.next_out = output.baseAddress
                    self.stream.pointee.avail_out = UInt32(output.count)
                    CZlib.inflate(self.stream, Z_SYNC_FLUSH)
                    result += output[..<(output.count - Int(self.stream.pointee.avail_out))]
                }
            } while self.stream.pointee.avail_out == 0
        }
        return result
    }
}
