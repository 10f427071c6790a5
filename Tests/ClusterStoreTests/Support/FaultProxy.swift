import Foundation
import Synchronization

/// A TCP proxy in front of a database that breaks its connections at chosen moments. Each direction of a connection has a thread.
final class FaultProxy: Sendable {
    /// What happens when the client sends a text.
    enum Fault: Sendable {
        case none
        /// The connection is cut; the text does not reach the server.
        case cutBefore(String)
        /// The text reaches the server, its answer is awaited, and cut off.
        case cutAfter(String)
        /// The text reaches the server; nothing comes back, and nothing ends.
        case stallAt(String)
    }

    let port: UInt16
    private let listener: Int32
    private let upstream: UInt16
    private let fault = Mutex(Fault.none)
    private let pairs = Mutex<[Pair]>([])

    init(to upstream: UInt16) throws {
        self.upstream = upstream
        self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard listens else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close(self.listener)
    }

    func set(_ fault: Fault) {
        self.fault.withLock { $0 = fault }
    }

    func start() {
        Thread.detachNewThread { self.acceptAll() }
    }

    /// Ends the listener and every connection, and with them the threads.
    func stop() {
        shutdown(self.listener, Int32(SHUT_RDWR))
        self.pairs.withLock { pairs in
            for pair in pairs { pair.cut() }
            pairs = []
        }
    }

    private func acceptAll() {
        while true {
            let client = accept4(self.listener)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            let pair = Pair(client: client, server: server)
            var address = Self.loopback(port: self.upstream)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
            }
            guard connected else { continue }
            self.pairs.withLock { $0.append(pair) }
            Thread.detachNewThread { pair.passRequests { self.fault.withLock { $0 } } }
            Thread.detachNewThread { pair.passAnswers() }
        }
    }

    private func accept4(_ listener: Int32) -> Int32 {
        let client = accept(listener, nil, nil)
        if client >= 0 { _ = fcntl(client, F_SETFD, FD_CLOEXEC) }
        return client
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Both sockets of one connection; closed when neither thread uses them.
    private final class Pair: Sendable {
        private enum Answers { case passed, dropped, cutAtNext }

        private let client: Int32
        private let server: Int32
        private let answers = Mutex(Answers.passed)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        deinit {
            close(self.client)
            close(self.server)
        }

        func cut() {
            shutdown(self.client, Int32(SHUT_RDWR))
            shutdown(self.server, Int32(SHUT_RDWR))
        }

        func passRequests(_ fault: () -> Fault) {
            while let chunk = Self.read(self.client) {
                let text = String(decoding: chunk, as: UTF8.self)
                switch fault() {
                case .cutBefore(let trigger) where text.contains(trigger):
                    self.cut()
                    return
                case .cutAfter(let trigger) where text.contains(trigger):
                    self.answers.withLock { $0 = .cutAtNext }
                case .stallAt(let trigger) where text.contains(trigger):
                    self.answers.withLock { $0 = .dropped }
                case .none, .cutBefore, .cutAfter, .stallAt:
                    break
                }
                guard Self.write(chunk, to: self.server) else { break }
            }
            self.cut()
        }

        func passAnswers() {
            while let chunk = Self.read(self.server) {
                switch self.answers.withLock({ $0 }) {
                case .passed: guard Self.write(chunk, to: self.client) else { return self.cut() }
                case .dropped: continue
                case .cutAtNext: return self.cut()
                }
            }
            self.cut()
        }

        private static func read(_ socket: Int32) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = recv(socket, &bytes, bytes.count, 0)
            return count > 0 ? Array(bytes.prefix(count)) : nil
        }

        private static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
