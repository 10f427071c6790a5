import AsyncHTTPClient
import ClusterModel
import Foundation
import GatewayModel
import NIOCore
import NIOHTTP1
import Testing

@testable import LocalCluster

/// A small cluster of real processes: simulator, coordinator and workers, each started and ended by the test.
final class TestCluster {
    let directory: StateDirectory
    let ports: Ports
    let client: ClusterClient
    private let store: String
    private let shards: Int
    private let simulatorOptions: [String]
    private let coordinatorOptions: [String]
    private var running: [String: ChildProcess] = [:]

    /// Runs a test with a cluster of its own, ends all of it, and removes its files.
    /// - Parameter store: as of `--store`; `nil`: SQLite in the cluster's directory.
    static func with(
        store: String? = nil, shards: Int = 8, simulatorOptions: [String] = [], coordinatorOptions: [String] = [],
        _ body: (TestCluster) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("muster-cluster-\(UUID().uuidString.prefix(8))").path
        let cluster = try await TestCluster(
            directory: StateDirectory.open(path), store: store, shards: shards, simulatorOptions: simulatorOptions, coordinatorOptions: coordinatorOptions)
        do {
            try await body(cluster)
        } catch {
            for name in cluster.running.keys.sorted() + ["w1", "w2"] {
                Issue.record("the end of \(name)'s log: \(cluster.directory.endOfLog(of: name, lines: 8).joined(separator: "\n"))")
            }
            await cluster.end(path)
            throw error
        }
        await cluster.end(path)
    }

    private init(directory: StateDirectory, store: String?, shards: Int, simulatorOptions: [String], coordinatorOptions: [String]) throws {
        self.directory = directory
        self.ports = try Ports.kept(in: directory.file("ports.json"))
        self.client = ClusterClient(ports: self.ports)
        self.store = store ?? "sqlite:\(directory.file("muster.db"))"
        self.shards = shards
        self.simulatorOptions = simulatorOptions
        self.coordinatorOptions = coordinatorOptions
        try Data("test-token\n".utf8).write(to: URL(fileURLWithPath: directory.file("token")))
    }

    private func end(_ path: String) async {
        for child in self.running.values { child.send(signal: SIGKILL) }
        let deadline = BootClock.now + .seconds(10)
        while !self.running.isEmpty, BootClock.now < deadline {
            self.running = self.running.filter { $0.value.ending() == nil }
            try? await Task.sleep(for: .milliseconds(10))
        }
        await self.client.shutdown()
        try? FileManager.default.removeItem(atPath: path)
    }

    // MARK: - Processes

    func startSimulator() async throws {
        try self.start(
            "simulator",
            [
                "--listen", "127.0.0.1:\(self.ports.gateway)", "--resume-listen", "127.0.0.1:\(self.ports.resume)", "--shards", "\(self.shards)",
                "--state-file", self.directory.file("simulator.state"), "--max-concurrency", "16", "--guilds", "200", "--events-per-second", "200",
            ] + self.simulatorOptions)
        try await self.until("the simulator answers") { (try? await self.client.simulatorStatus()) != nil }
    }

    func startCoordinator() async throws {
        try self.start("coordinator", self.coordinatorArguments)
        try await self.until("the coordinator answers") { (try? await self.client.clusterStatus()) != nil }
    }

    var coordinatorArguments: [String] {
        [
            "--listen", "127.0.0.1:\(self.ports.control)", "--admin", "127.0.0.1:\(self.ports.admin)", "--store", self.store, "--discord-api",
            "http://127.0.0.1:\(self.ports.gateway)/api/v10", "--token-file", self.directory.file("token"), "--shards", "\(self.shards)",
        ] + self.coordinatorOptions
    }

    func startWorker(_ name: String) throws {
        try self.start(
            name,
            [
                "--coordinator", "127.0.0.1:\(self.ports.control)", "--stable-id", name, "--state-directory", self.directory.file("workers-\(name)"),
                "--capacity", "64", "--sink", "ndjson:\(self.directory.events(of: name))",
            ], command: "worker")
    }

    /// Simulator, coordinator, the workers named, and every shard live.
    func startAll(_ workers: [String]) async throws {
        try await self.startSimulator()
        try await self.startCoordinator()
        for worker in workers { try self.startWorker(worker) }
        try await self.untilLive(self.shards)
    }

    func crash(_ name: String) async throws {
        #expect(try await self.stop(name, signal: SIGKILL) == .killed(signal: SIGKILL))
    }

    func terminate(_ name: String) async throws {
        #expect(try await self.stop(name, signal: SIGTERM) == .exited(0), "\(name) does not drain well")
    }

    private func stop(_ name: String, signal: Int32) async throws -> ChildProcess.Ending? {
        guard let child = self.running.removeValue(forKey: name) else { return nil }
        child.send(signal: signal)
        var ending: ChildProcess.Ending?
        do {
            try await self.until("\(name) has ended") {
                ending = child.ending()
                return ending != nil
            }
        } catch {
            self.running[name] = child
            throw error
        }
        return ending
    }

    private func start(_ name: String, _ arguments: [String], command: String? = nil) throws {
        self.running[name] = try ChildProcess.start(
            name, arguments: [command ?? name] + arguments, in: self.directory, executable: Binary.path)
    }

    // MARK: - What holds

    /// Polls until something holds; a test that waits longer has failed.
    func until(_ what: String, within limit: Duration = .seconds(40), _ condition: () async throws -> Bool) async throws {
        let deadline = BootClock.now + limit
        while try await !condition() {
            guard BootClock.now < deadline else { throw TooLate(what: what, limit: limit) }
            for (name, child) in self.running {
                if let ending = child.ending() {
                    self.running[name] = nil
                    throw Ended(name: name, ending: ending, log: self.directory.endOfLog(of: name, lines: 5).joined(separator: "\n"))
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Every shard of a set of this size is live, says the coordinator, and attached, says the simulator.
    func untilLive(_ count: Int, within limit: Duration = .seconds(40)) async throws {
        try await self.until("\(count) shards live", within: limit) {
            guard let cluster = try? await self.client.clusterStatus(), cluster.shardSet?.numShards == count, cluster.shardSet?.live == count else {
                return false
            }
            return try await self.attached(of: count) == count
        }
    }

    func attached(of numShards: Int) async throws -> Int {
        try await self.client.simulatorStatus().sessions.filter { $0.attached && $0.shards == numShards }.count
    }

    func shards(of worker: String) async throws -> [Int] {
        try await self.client.clusterStatus().shards.filter { $0.owner?.rawValue == worker && $0.phase == .live }.map(\.shard.rawValue)
    }

    /// Waits until everything that was due by now is in a file: nothing lost.
    func expectNothingLost() async throws {
        let now = try await self.client.simulatorStatus().now
        var checker = DeliveryChecker()
        var files = try FileManager.default.contentsOfDirectory(atPath: self.directory.events).sorted().map {
            EventFile(path: "\(self.directory.events)/\($0)")
        }
        try await self.until("all that was due is in a file") {
            try await self.readLedger(into: &checker)
            for index in files.indices { files[index].readNewLines { checker.read($0.flatMap(EventLine.scan), from: index) } }
            checker.judge(at: 0)  // settles what is seen; nothing is too old yet
            return checker.oldestOpen.map { $0 > Int64(now) } ?? true
        }
        #expect(checker.counts.lost == 0)
        #expect(checker.counts.repeated == 0)
        #expect(checker.counts.unreadable == 0)
        #expect(checker.counts.accepted > 0)
    }

    func expectNoViolations() async throws {
        #expect(try await self.client.violations() == [])
    }

    func post(_ path: String) async throws -> (status: Int, body: String) {
        var request = HTTPClientRequest(url: path)
        request.method = .POST
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    private func readLedger(into checker: inout DeliveryChecker) async throws {
        var lines = ClusterClient.pageSize
        while lines == ClusterClient.pageSize {
            lines = 0
            let url = "\(self.client.simulator)/_sim/ledger?after=\(checker.cursor)&limit=\(ClusterClient.pageSize)"
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
            let page = try await response.body.collect(upTo: 64 << 20)
            page.withUnsafeReadableBytes { bytes in
                _ = EventFile.lines(bytes) { line in
                    lines += 1
                    checker.read(LedgerLine(scanning: line))
                }
            }
        }
    }
}

struct TooLate: Error, CustomStringConvertible {
    var what: String
    var limit: Duration
    var description: String { "not within \(self.limit): \(self.what)" }
}

struct Ended: Error, CustomStringConvertible {
    var name: String
    var ending: ChildProcess.Ending
    var log: String
    var description: String { "\(self.name) ended by itself with \(self.ending): \(self.log)" }
}
