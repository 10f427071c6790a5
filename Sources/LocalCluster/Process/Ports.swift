import Foundation
import GatewayModel

/// The loopback ports of one local cluster. They are kept over restarts, since a session's resume URL names one.
struct Ports: Codable, Equatable, Sendable {
    var gateway: Int
    var resume: Int
    var control: Int
    var admin: Int

    /// Those kept in the file, each replaced where something else listens on it now.
    static func kept(in file: String) throws -> Ports {
        // Without a file that can be read all are chosen anew.
        let before = (try? Data(contentsOf: URL(fileURLWithPath: file))).flatMap { try? JSONDecoder().decode(Ports.self, from: $0) }
        var taken: Set<Int> = []
        func choose(_ kept: Int?) throws -> Int {
            if let kept, !taken.contains(kept), Self.isFree(kept) {
                taken.insert(kept)
                return kept
            }
            // Below the ports that the kernel hands out to connections, so that none of those is in the way at the next start.
            for _ in 0..<1000 {
                let candidate = Int.random(in: 20_000..<30_000)
                guard !taken.contains(candidate), Self.isFree(candidate) else { continue }
                taken.insert(candidate)
                return candidate
            }
            throw OperatorMistake(
                what: "no free port", why: "1000 ports of 127.0.0.1 between 20000 and 30000 were tried", fix: "end what listens there")
        }
        let ports = try Ports(
            gateway: choose(before?.gateway), resume: choose(before?.resume), control: choose(before?.control), admin: choose(before?.admin))
        try JSONEncoder().encode(ports).write(to: URL(fileURLWithPath: file), options: .atomic)
        return ports
    }

    static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // As servers do: connections of an earlier listener that still linger are not in the way.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }
}
