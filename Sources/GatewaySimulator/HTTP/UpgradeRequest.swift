import NIOHTTP1

/// What a client asks for in the gateway's URL. `nil` for a request that stays HTTP and gets 400: another path, a discontinued version, an encoding or
/// compression that the simulator lacks.
struct UpgradeRequest {
    /// `v`; `nil`: missing, which Discord takes for 6.
    let version: Int?
    let compress: Bool

    init?(_ head: HTTPRequestHead) {
        let query = HTTPQuery(uri: head.uri)
        guard query.path == "/gateway" || query.path == "/" || query.path.isEmpty else { return nil }
        let version = query["v"].map { Int($0) ?? 0 }
        if let version, version < 6 { return nil }
        guard (query["encoding"] ?? "json") == "json" else { return nil }
        switch query["compress"] {
        case nil, "": self.compress = false
        case "zlib-stream": self.compress = true
        default: return nil
        }
        self.version = version
    }
}
