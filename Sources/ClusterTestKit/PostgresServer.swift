public import Foundation
import Synchronization

/// A real PostgreSQL of its own for a test: a fresh cluster in a temporary directory, on loopback TCP and a unix socket.
///
/// It ends with its process, however that ends: a guard shell stops the server and removes the directory when it loses sight of us.
public final class PostgresServer: Sendable {
    public let port: UInt16
    /// Holds `data`, `log` and the unix socket.
    public let directory: URL
    private let binaries: String
    private let user: [String]
    /// Closing its writing end ends the server.
    private let guardPipe: Mutex<Int32?>
    private let databases = Mutex(0)

    /// Makes a cluster and starts it, in about a second. There is one role, `postgres`, and no password is asked.
    /// - Throws: `PostgresServerError`: PostgreSQL is not installed (with how to install it), or it does not start.
    public static func start() async throws -> PostgresServer {
        let server = try PostgresServer()
        let data = server.directory.path + "/data"
        try await server.run("initdb", ["-D", data, "-A", "trust", "-U", "postgres", "--no-locale", "-E", "UTF8", "--no-sync"])
        try await server.startAgain()
        return server
    }

    /// Makes a certificate for 127.0.0.1 that `ssl=on` finds, signed by itself; returns its path, for `sslrootcert`.
    public func makeCertificate() async throws -> String {
        let data = self.directory.path + "/data"
        try await self.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                data + "/server.key", "-out", data + "/server.crt",
            ])
        return data + "/server.crt"
    }

    /// A URI over TCP.
    public func uri(database: String = "postgres") -> String { self.uri(database: database, port: self.port) }

    /// A URI over TCP to another port of this host, such as a proxy's.
    public func uri(database: String = "postgres", port: UInt16) -> String { "postgres://postgres@127.0.0.1:\(port)/\(database)" }

    /// A new, empty database; returns its name.
    public func makeDatabase() async throws -> String {
        let name = self.databases.withLock { count in
            count += 1
            return "test\(count)"
        }
        try await self.run("createdb", ["-h", "127.0.0.1", "-p", "\(self.port)", "-U", "postgres", name])
        return name
    }

    /// As a crash: no shutdown checkpoint, all connections cut.
    public func stopImmediately() async throws {
        try await self.run("pg_ctl", ["-D", self.directory.path + "/data", "-m", "immediate", "-w", "stop"])
    }

    /// Starts it, after `stopImmediately`, on the same port.
    /// - Parameter settings: such as `ssl=on`, for this run.
    public func startAgain(settings: [String] = []) async throws {
        let all = ["listen_addresses=127.0.0.1", "max_connections=400"] + settings
        let options = "-p \(self.port) -k \(self.directory.path)" + all.map { " -c \($0)" }.joined()
        try await self.run("pg_ctl", ["-D", self.directory.path + "/data", "-w", "-t", "60", "-o", options, "-l", self.directory.path + "/log", "start"])
    }

    /// Stops it for good and removes its directory.
    public func stop() {
        self.guardPipe.withLock { pipe in
            if let descriptor = pipe.take() { close(descriptor) }
        }
    }

    deinit {
        self.stop()
    }

    private init() throws {
        guard let binaries = Self.findBinaries() else { throw PostgresServerError.notInstalled }
        self.binaries = binaries
        // PostgreSQL refuses to run as root.
        self.user = getuid() == 0 ? ["/usr/sbin/runuser", "-u", "postgres", "--"] : []
        self.port = try Self.freePort()
        // A unix socket's path has at most 107 bytes.
        let temporary = FileManager.default.temporaryDirectory.path
        let parent = temporary.utf8.count <= 60 ? temporary : "/tmp"
        self.directory = URL(fileURLWithPath: parent).appendingPathComponent("pg-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: false)
        if getuid() == 0 {
            guard let entry = getpwnam("postgres") else { throw PostgresServerError.notInstalled }
            guard chown(self.directory.path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
                throw PostgresServerError.failed(command: "chown", output: String(cString: strerror(errno)))
            }
        }
        let stop = (self.user + ["\(binaries)/pg_ctl"]).joined(separator: " ")
        let script = "trap '' INT TERM; read _; \(stop) -D \"$0/data\" -m immediate stop; rm -rf \"$0\""
        let (reading, writing) = try ChildProcess.pipe()
        defer { close(reading) }
        _ = try ChildProcess.spawn(["/bin/sh", "-c", script, self.directory.path], input: reading, output: nil)
        self.guardPipe = Mutex(writing)
    }

    private func run(_ name: String, _ arguments: [String]) async throws {
        let command = self.user + [name.hasPrefix("/") ? name : "\(self.binaries)/\(name)"] + arguments
        // A file, not a pipe: the server inherits it and would never let a pipe end.
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("pg-\(UInt64.random(in: 0 ... .max)).txt")
        guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
            throw PostgresServerError.failed(command: name, output: "cannot write \(output.path)")
        }
        // One that stays is a file in the temporary directory.
        defer { try? FileManager.default.removeItem(at: output) }
        let descriptor = open(output.path, O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let status = try await ChildProcess.run(command, output: descriptor)
        guard status == 0 else {
            throw PostgresServerError.failed(command: name, output: (try? String(contentsOf: output, encoding: .utf8)) ?? "")
        }
    }

    /// The newest version under `/usr/lib/postgresql`, where Debian puts it off the `PATH`.
    private static func findBinaries() -> String? {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }.sorted(by: >)
        return versions.map { "\(root)/\($0)/bin" }.first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }

    /// A port of loopback that nothing used a moment ago.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0 }
        }
        guard found else { throw PostgresServerError.failed(command: "bind", output: String(cString: strerror(errno))) }
        return UInt16(bigEndian: address.sin_port)
    }
}

public enum PostgresServerError: Error, CustomStringConvertible, Equatable {
    case notInstalled
    case failed(command: String, output: String)

    public var description: String {
        switch self {
        case .notInstalled: "PostgreSQL is not installed, which these tests need: run `apt-get install -y postgresql`, or `./scripts/test`"
        case .failed(let command, let output): "\(command) failed: \(output)"
        }
    }
}
