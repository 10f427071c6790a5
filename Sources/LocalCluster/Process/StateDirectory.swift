import Foundation
import GatewayModel

/// The directory of one local cluster: locked by one `muster up` and its processes, and holding all that a later one goes on from.
struct StateDirectory: Sendable {
    let path: String

    /// Opens and locks it; creates it where it does not exist.
    ///
    /// The lock is an exclusive `flock`, inherited by every process of the cluster: as long as one of them lives, no other cluster runs here.
    /// - Parameter patience: how long to wait for processes whose `muster up` is gone already.
    static func open(_ path: String, patience: Duration = .seconds(15)) async throws -> StateDirectory {
        let directory = StateDirectory(path: URL(fileURLWithPath: path).standardizedFileURL.path)
        do {
            for folder in [directory.path, directory.events, directory.logs] {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
        } catch {
            throw OperatorMistake(
                what: "cannot use the state directory \(directory.path)", why: error.localizedDescription, fix: "give --state-directory a place to write")
        }
        // No O_CLOEXEC: the children keep the lock.
        let lock = Glibc.open(directory.file("up.lock"), O_RDWR | O_CREAT, 0o644)
        guard lock >= 0 else {
            throw OperatorMistake(
                what: "cannot open \(directory.file("up.lock"))", why: String(cString: strerror(errno)), fix: "give --state-directory a place to write")
        }
        let deadline = BootClock.now + patience
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            let holder = directory.holder
            let holderLives = holder.map { kill($0, 0) == 0 || errno == EPERM } ?? true
            guard !holderLives, BootClock.now < deadline else {
                let name = holder.map { " (process \($0))" } ?? ""
                throw OperatorMistake(
                    what: "the state directory \(directory.path) is locked", why: "another muster up\(name) or a process of it still runs there",
                    fix: "end it, or choose another --state-directory")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        let text = Data("\(getpid())\n".utf8)
        ftruncate(lock, 0)
        _ = text.withUnsafeBytes { pwrite(lock, $0.baseAddress, $0.count, 0) }
        // The processes read this instead of a muster.yaml that may lie where `muster up` was called.
        try Data("log-level: notice\n".utf8).write(to: URL(fileURLWithPath: directory.childConfiguration), options: .atomic)
        return directory
    }

    var simulatorState: String { self.file("simulator.state") }
    var checkerState: String { self.file("checker.json") }

    /// Removes the simulator's state where it is older than the checker's, which is written all the time: the simulator ended without saving.
    ///
    /// It would offer sessions that are behind what the workers have, as no gateway does. Without it they are unknown, and shards IDENTIFY.
    /// - Returns: whether it was so.
    func forgetStaleSimulator() -> Bool {
        func changed(_ file: String) -> Date? {
            (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
        }
        guard let checked = changed(self.checkerState), changed(self.simulatorState).map({ $0 < checked }) ?? true else { return false }
        unlink(self.simulatorState)
        unlink(self.checkerState)
        return true
    }

    var childConfiguration: String { self.file("children.yaml") }
    var events: String { self.file("events") }
    var logs: String { self.file("logs") }
    func file(_ name: String) -> String { "\(self.path)/\(name)" }
    func events(of worker: String) -> String { "\(self.events)/\(worker).ndjson" }
    func log(of process: String) -> String { "\(self.logs)/\(process).log" }

    /// The last lines of a process's log, newest last.
    func endOfLog(of process: String, lines: Int = 3) -> [String] {
        // For a message about something else that went wrong: a log that cannot be read has no last lines.
        guard let handle = FileHandle(forReadingAtPath: self.log(of: process)) else { return [] }
        defer { try? handle.close() }
        let end = (try? handle.seekToEnd()) ?? 0
        try? handle.seek(toOffset: end > 8192 ? end - 8192 : 0)
        let data = (try? handle.readToEnd()) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(lines).map(String.init)
    }

    private init(path: String) {
        self.path = path
    }

    private var holder: pid_t? {
        guard let text = try? String(contentsOfFile: self.file("up.lock"), encoding: .utf8) else { return nil }
        return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
