import Glibc

/// A connection to a sender over a bare blocking socket: what the kernel alone costs.
final class RawConnection {
    private let socket: Int32
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// Bytes that came with the answer to the upgrade.
    private var early: [UInt8] = []

    init(port: Int) throws {
        self.socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(self.socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw BenchError.failed(process: "the raw reader", why: "no connection to port \(port)") }
        try self.send(Array(UpgradeRequest.text.utf8))
        while true {
            self.early += self.buffer[..<(try self.readSome())]
            guard let end = self.early.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            self.early.removeSubrange(..<end.upperBound)
            break
        }
        try self.send(UpgradeRequest.identifyFrame)
    }

    deinit {
        close(self.socket)
    }

    func timeReads(_ sender: SenderReady) throws -> ProcessFigures {
        var count = self.early.count
        while count < sender.warmUpWireBytes { count += try self.readSome() }
        let start = ProcessFigures.now
        while count < sender.wireBytes { count += try self.readSome() }
        return ProcessFigures.now - start
    }

    /// Everything after the upgrade.
    func fetch(_ sender: SenderReady) throws -> [UInt8] {
        var bytes = self.early
        bytes.reserveCapacity(sender.wireBytes)
        while bytes.count < sender.wireBytes {
            let count = try self.readSome()
            bytes += self.buffer[..<count]
        }
        return bytes
    }

    private func readSome() throws -> Int {
        let count = read(self.socket, &self.buffer, self.buffer.count)
        guard count > 0 else { throw BenchError.failed(process: "the raw reader", why: "the connection ended early") }
        return count
    }

    private func send(_ bytes: [UInt8]) throws {
        guard write(self.socket, bytes, bytes.count) == bytes.count else {
            throw BenchError.failed(process: "the raw reader", why: "the sender does not read")
        }
    }
}
