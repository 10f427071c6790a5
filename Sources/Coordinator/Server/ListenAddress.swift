import GRPCNIOTransportHTTP2Posix

/// An IP address and port to listen on.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address; `localhost` is 127.0.0.1.
    public var host: String
    /// 0 lets the kernel choose.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    var socketAddress: GRPCNIOTransportHTTP2Posix.SocketAddress {
        self.host.contains(":") ? .ipv6(host: self.host, port: self.port) : .ipv4(host: self.host == "localhost" ? "127.0.0.1" : self.host, port: self.port)
    }

    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
