import Foundation
import GatewayModel

/// One process of the local cluster: this same binary, in a process group of its own so that Ctrl-C reaches only `muster up`.
///
/// Its standard input is a pipe that nobody writes to. When `muster up` ends, however it ends, the kernel closes the pipe, and the child stops
/// (`ParentWatch`). Output goes to a log file.
struct ChildProcess: Sendable {
    enum Ending: Equatable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        }
    }

    let name: String
    let pid: pid_t
    private let lifeline: Int32

    /// - Parameters:
    ///   - name: for people, and of its log file.
    ///   - arguments: after the binary's name; paths are absolute.
    ///   - executable: this same binary by default.
    static func start(
        _ name: String, arguments: [String], in directory: StateDirectory, executable: String = "/proc/self/exe"
    ) throws -> ChildProcess {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Self.failure(name, errno) }
        // Nothing else here starts processes, so nothing inherits these ends before they are marked.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, directory.log(of: name), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        // No configuration of the user's own, and no token: only what every program needs.
        let kept = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MUSTER_") && $0.key != "DISCORD_TOKEN" }
        let environment =
            kept.map { "\($0.key)=\($0.value)" }.sorted() + ["MUSTER_CONFIG=\(directory.childConfiguration)", "\(ParentWatch.variable)=1"]
        var pid: pid_t = 0
        let result = Self.withCStrings(["muster"] + arguments) { argv in
            Self.withCStrings(environment) { posix_spawn(&pid, executable, &actions, &attributes, argv, $0) }
        }
        guard result == 0 else {
            close(ends[1])
            throw Self.failure(name, result)
        }
        return ChildProcess(name: name, pid: pid, lifeline: ends[1])
    }

    func send(signal: Int32) {
        kill(self.pid, signal)
    }

    /// How it ended, once; `nil` while it runs. Does not wait.
    func ending() -> Ending? {
        var status: Int32 = 0
        guard waitpid(self.pid, &status, WNOHANG) == self.pid else { return nil }
        close(self.lifeline)
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }

    private static func failure(_ name: String, _ code: Int32) -> OperatorMistake {
        OperatorMistake(what: "cannot start the process \(name)", why: String(cString: strerror(code)), fix: "see the limits of this user (ulimit -a)")
    }

    private static func withCStrings<Result>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
