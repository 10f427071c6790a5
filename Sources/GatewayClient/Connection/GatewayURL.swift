import GatewayModel

/// A gateway's address, with the query that Discord wants on base and resume URL alike.
struct GatewayURL: Hashable, Sendable {
    var isTLS: Bool
    /// Without the brackets of an IPv6 address.
    var host: String
    var port: Int
    /// Path and query, from `/` on.
    var target: String

    /// `nil` unless it is `ws://` or `wss://` with a plausible host and port.
    init?(_ text: String, encoding: GatewayEncoding = .json, compression: GatewayCompression) {
        let rest: Substring
        if text.hasPrefix("wss://") {
            (self.isTLS, rest) = (true, text.dropFirst(6))
        } else if text.hasPrefix("ws://") {
            (self.isTLS, rest) = (false, text.dropFirst(5))
        } else {
            return nil
        }
        // Printable ASCII only: nothing of it can break out of a header line.
        guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let withoutFragment = rest.prefix { $0 != "#" }
        let authority = withoutFragment.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = Self.split(authority, defaultPort: self.isTLS ? 443 : 80) else { return nil }
        self.host = host
        self.port = port
        let pathAndQuery = withoutFragment.dropFirst(authority.count)
        let path = pathAndQuery.prefix { $0 != "?" }
        let oldQuery = pathAndQuery.dropFirst(path.count + 1)
        var query = oldQuery.isEmpty ? "" : "\(oldQuery)&"
        query += "v=10&encoding=\(encoding.rawValue)"
        switch compression {
        case .none, .payload: break
        case .zlibStream, .zstdStream: query += "&compress=\(compression.rawValue)"
        }
        self.target = "\(path.isEmpty ? "/" : path)?\(query)"
    }

    /// For the `Host` header.
    var hostHeader: String {
        let name = self.isIPv6 ? "[\(self.host)]" : self.host
        return self.port == (self.isTLS ? 443 : 80) ? name : "\(name):\(self.port)"
    }

    /// For SNI, which knows names only.
    var serverName: String? {
        let isIPv4 = self.host.allSatisfy { $0.isNumber || $0 == "." }
        return self.isIPv6 || isIPv4 ? nil : self.host
    }

    private var isIPv6: Bool { self.host.contains(":") }

    private static func split(_ authority: Substring, defaultPort: Int) -> (host: String, port: Int)? {
        guard !authority.contains("@") else { return nil }
        let host: Substring
        let tail: Substring
        if authority.hasPrefix("[") {
            guard authority.contains("]") else { return nil }
            host = authority.dropFirst().prefix { $0 != "]" }
            tail = authority.dropFirst(host.count + 2)
        } else {
            host = authority.prefix { $0 != ":" }
            tail = authority.dropFirst(host.count)
        }
        guard !host.isEmpty else { return nil }
        if tail.isEmpty { return (String(host), defaultPort) }
        guard tail.hasPrefix(":"), let port = Int(tail.dropFirst()), 1...65535 ~= port else { return nil }
        return (String(host), port)
    }
}
