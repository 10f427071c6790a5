import CZlib

/// `compress: true` of IDENTIFY: a payload is a zlib stream of its own, or text where that is too short to be worth it.
enum PayloadZlib {
    /// Payloads of fewer bytes stay text.
    static let threshold = 512

    static func compress(_ payload: [UInt8]) -> [UInt8] {
        var size = compressBound(UInt(payload.count))
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            guard compress2(buffer.baseAddress, &size, payload, UInt(payload.count), 1) == Z_OK else { fatalError("zlib has no memory for a payload") }
            count = Int(size)
        }
    }
}
