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
    /// The last four bytes of the stream.
    private var tail: UInt32 = 0
    /// All that was consumed is whole blocks, up to the end of a byte.
    private var isBetweenBlocks = false
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
            // A message may have less than the four bytes.
            for byte in message.suffix(4) { self.tail = self.tail << 8 | UInt32(byte) }
        case .wholePayload:
            self.hasEnded = false
            inflateReset(self.stream)
        }
    }

    func step(into output: UnsafeMutableRawBufferPointer) -> (written: Int, outcome: DecompressorOutcome) {
        let room = min(output.count, 1 << 30)
        self.stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        self.stream.pointee.avail_out = UInt32(room)
        let input = self.stream.pointee.avail_in
        let code = CZlib.inflate(self.stream, Z_SYNC_FLUSH)
        let left = Int(self.stream.pointee.avail_out)
        // Where a call does nothing at all, zlib forgets where it stood.
        if self.stream.pointee.avail_in != input || left != room { self.isBetweenBlocks = self.stream.pointee.data_type & 0xFF == 128 }
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

    func end() -> MessageEnd {
        self.stream.pointee.next_in = nil
        switch self.use {
        case .connection:
            // Elsewhere the four bytes are a payload's own, at the end of one of its messages.
            guard self.tail == 0x0000_FFFF, self.isBetweenBlocks else { return .nothing }
            self.tail = 0
            return .payload
        case .wholePayload:
            guard self.hasEnded else { return .failed(.incomplete) }
            return self.stream.pointee.avail_in == 0 ? .payload : .failed(.trailingBytes)
        }
    }
}
