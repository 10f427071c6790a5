import Foundation
import GatewayModel
import NIOCore
import NIOPosix

/// `host:port` as an operator writes it.
struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address, without brackets.
    var host: String
    /// In `0...65_535`; 0 lets the kernel choose.
    var port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// Binds the address and lets it go again: so that a port in use is one line at start, before anything else is touched.
    /// - Throws: an `OperatorError` that names the option.
    func checkFree(option: String) async throws {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: self.host, port: self.port).get()
            try await channel.close()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw OperatorMistake(
                what: "the port of --\(option) \(self) is in use", why: "another process listens there", fix: "stop that process, or choose another port")
        } catch {
            throw OperatorMistake(
                what: "--\(option) \(self) cannot be listened on", why: "\(error)", fix: "give an address of this machine and a port that this user may use")
        }
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        self.host == "localhost" || self.host == "::1" || self.host.hasPrefix("127.")
    }

    var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
