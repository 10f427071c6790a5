import CZlib

/// zlib. A class because a `z_stream` must not move while zlib holds pointers into it.
final class ZlibDecompressor: Decompressor {
    enum Use {
        /// One stream for a whole connection, each payload ended by a sync flush: `00 00 FF FF`.
        case connection
        /// One whole stream for each payload.
        case wholePayload
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let use: Use
    private var endsWithFlush = false
    private var hasEnded = false

    init(_ use: Use) throws(PayloadInflater.Failure) {
        self.use = use
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        let code = muster_inflateInit(self.stream)
        guard code == Z_OK else {
            self.stream.deallocate()
            throw .unavailable(code: Int(code))
        }
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deallocate()
    }

    func begin(_ message: UnsafeRawBufferPointer) {
        let base = message.bindMemory(to: UInt8.self).baseAddress
        self.stream.pointee.next_in = base.map { UnsafeMutablePointer(mutating: $0) }
        self.stream.pointee.avail_in = UInt32(message.count)
        switch self.use {
        case .connection:
            self.endsWithFlush =
                message.count >= 4
                && UInt32(bigEndian: message.loadUnaligned(fromByteOffset: message.count - 4, as: UInt32.self)) == 0x0000_FFFF
        case .wholePayload:
            self.hasEnded = false
            inflateReset(self.stream)
        }
    }

    func step(into output: UnsafeMutableRawBufferPointer) -> (written: Int, outcome: DecompressorOutcome) {
        let room = min(output.count, 1 << 30)
        self.stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        self.stream.pointee.avail_out = UInt32(room)
        let code = CZlib.inflate(self.stream, Z_SYNC_FLUSH)
        let left = Int(self.stream.pointee.avail_out)
        self.stream.pointee.next_out = nil
        let outcome: DecompressorOutcome
        switch code {
        case Z_STREAM_END:
            switch self.use {
            // Discord never ends the stream of a connection.
            case .connection: outcome = .failed(.ended)
            case .wholePayload:
                self.hasEnded = true
                outcome = .consumed
            }
        // `Z_BUF_ERROR` with room left says only that all input is consumed.
        case Z_OK, Z_BUF_ERROR: outcome = left == 0 ? .needsMoreRoom : .consumed
        default: outcome = .failed(.corrupt(code: Int(code)))
        }
        return (room - left, outcome)
    }

    func end() throws(PayloadInflater.Failure) -> Bool {
        self.stream.pointee.next_in = nil
        switch self.use {
        case .connection:
            guard self.endsWithFlush else { return false }
            // A flush leaves zlib between two blocks, at the beginning of a byte. Anything else means that bytes were lost on the way, and waiting for more
            // of them would mean to hear nothing any more.
            guard self.stream.pointee.data_type & 0xFF == 128 else { throw .incomplete }
            return true
        case .wholePayload:
            guard self.hasEnded else { throw .incomplete }
            guard self.stream.pointee.avail_in == 0 else { throw .trailingBytes }
            return true
        }
    }
}
