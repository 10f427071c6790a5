import GatewayModel
import NIOHTTP1

/// What a client asks for in the gateway's URL. `nil` for a request that stays HTTP and gets 400: another path, a discontinued version, an encoding or
/// compression that Discord lacks.
struct UpgradeRequest {
    /// `v`; `nil`: missing, which Discord takes for 6.
    let version: Int?
    let encoding: GatewayEncoding
    /// Of the transport: never `payload`, which an IDENTIFY asks for.
    let compression: GatewayCompression

    init?(_ head: HTTPRequestHead) {
        let query = HTTPQuery(uri: head.uri)
        guard query.path == "/gateway" || query.path == "/" || query.path.isEmpty else { return nil }
        let version = query["v"].map { Int($0) ?? 0 }
        if let version, version < 6 { return nil }
        guard let encoding = GatewayEncoding(rawValue: query["encoding"] ?? "json") else { return nil }
        switch query["compress"] {
        case nil, "": self.compression = .none
        case "zlib-stream": self.compression = .zlibStream
        case "zstd-stream": self.compression = .zstdStream
        default: return nil
        }
        self.version = version
        self.encoding = encoding
    }
}
