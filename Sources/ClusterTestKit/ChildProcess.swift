import Foundation
import Glibc

/// Child processes, with the standard streams that are named here.
///
/// Foundation's `Process` waits on a socket that its child inherits; a child that starts a daemon would never seem to end.
enum ChildProcess {
    /// Runs a command with `/` as its directory; returns its exit status, or 128 + the signal that ended it.
    static func run(_ command: [String], output: Int32) async throws -> Int32 {
        let process = try self.spawn(command, input: nil, output: output)
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0 && errno == EINTR {}
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
        }
    }

    /// A pipe that no child inherits by chance: its reading and its writing end.
    static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw PostgresServerError.failed(command: "pipe", output: String(cString: strerror(errno))) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// - Parameters:
    ///   - input: `nil`: nothing to read.
    ///   - output: of standard output and error; `nil`: dropped.
    static func spawn(_ command: [String], input: Int32?, output: Int32?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // PostgreSQL's user may not be allowed to be where we are.
        let command = ["/bin/sh", "-c", "cd / && exec \"$@\"", "sh"] + command
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, command[0], &actions, nil, arguments, environ)
        guard code == 0 else { throw PostgresServerError.failed(command: command[0], output: String(cString: strerror(code))) }
        return process
    }
}
