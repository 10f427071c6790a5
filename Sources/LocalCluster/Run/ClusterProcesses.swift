import Foundation
import GatewayModel

/// The processes of one local cluster: what each is started with, and which of them run.
struct ClusterProcesses {
    static let simulator = "simulator"
    static let coordinator = "coordinator"

    let workers: [String]
    private let options: LocalClusterOptions
    private let directory: StateDirectory
    private let ports: Ports
    private var running: [ChildProcess] = []

    init(_ options: LocalClusterOptions, directory: StateDirectory, ports: Ports) {
        self.options = options
        self.directory = directory
        self.ports = ports
        self.workers = (1...options.workers).map { "w\($0)" }
    }

    func isRunning(_ name: String) -> Bool { self.running.contains { $0.name == name } }
    var anyRuns: Bool { !self.running.isEmpty }

    mutating func start(_ name: String) throws {
        self.running.append(try ChildProcess.start(name, arguments: self.arguments(of: name), in: self.directory))
    }

    func send(signal: Int32, to name: String) {
        for child in self.running where child.name == name { child.send(signal: signal) }
    }

    func sendToAll(signal: Int32) {
        for child in self.running { child.send(signal: signal) }
    }

    /// Those that ended since the last call.
    mutating func ended() -> [(name: String, ending: ChildProcess.Ending)] {
        var ended: [(String, ChildProcess.Ending)] = []
        self.running.removeAll { child in
            guard let ending = child.ending() else { return false }
            ended.append((child.name, ending))
            return true
        }
        return ended
    }

    /// Each process begins its log anew with each `muster up`, and adds to it when it is restarted.
    func emptyLogs() {
        for name in [Self.simulator, Self.coordinator] + self.workers { unlink(self.directory.log(of: name)) }
    }

    private func arguments(of name: String) -> [String] {
        switch name {
        case Self.simulator:
            [
                "simulator", "--listen", "127.0.0.1:\(self.ports.gateway)", "--resume-listen", "127.0.0.1:\(self.ports.resume)",
                "--guilds", "\(self.options.guilds)", "--events-per-second", "\(self.options.eventsPerSecond)",
                "--max-concurrency", "\(self.options.maxConcurrency)", "--shards", "\(self.options.shards)", "--seed", "\(self.options.seed)",
                "--state-file", self.directory.simulatorState,
            ]
        case Self.coordinator:
            [
                "coordinator", "--listen", "127.0.0.1:\(self.ports.control)", "--admin", "127.0.0.1:\(self.ports.admin)",
                "--store", "sqlite:\(self.directory.file("muster.db"))", "--discord-api", "http://127.0.0.1:\(self.ports.gateway)/api/v10",
                "--token-file", self.directory.file("token"), "--shards", "\(self.options.shards)", "--intents", "GUILDS,GUILD_MESSAGES",
            ]
        default:
            [
                "worker", "--coordinator", "127.0.0.1:\(self.ports.control)", "--stable-id", name,
                "--state-directory", self.directory.file("workers/\(name)"), "--capacity", "\(self.options.shards)",
                "--sink", "ndjson:\(self.directory.events(of: name))",
            ]
        }
    }
}
