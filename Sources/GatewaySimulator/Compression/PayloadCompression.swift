import GatewayModel

/// How one connection's payloads are compressed.
enum PayloadCompression {
    case none
    /// Payloads of some size are zlib streams of their own.
    case payload
    case zlibStream(ZlibStream)
    case zstdStream(ZstdStream)

    init(_ compression: GatewayCompression) {
        switch compression {
        case .none: self = .none
        case .payload: self = .payload
        case .zlibStream: self = .zlibStream(ZlibStream())
        case .zstdStream: self = .zstdStream(ZstdStream())
        }
    }

    /// `nil`: the payload goes as it is.
    func compress(_ payload: [UInt8]) -> [UInt8]? {
        switch self {
        case .none: nil
        case .payload: payload.count < PayloadZlib.threshold ? nil : PayloadZlib.compress(payload)
        case .zlibStream(let stream): stream.compress(payload)
        case .zstdStream(let stream): stream.compress(payload)
        }
    }
}
