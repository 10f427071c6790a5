import Foundation
import GatewayModel
import Testing

@testable import LocalCluster

/// What an operator gets wrong at the start: one clear line on stderr, and exit code 2.
@Suite("Bad input", .serialized, .timeLimit(.minutes(2))) struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var arguments: [String]
        /// What the line must say.
        var says: String
        var environment: [String: String] = [:]
        var file: (name: String, text: String)?

        init(_ name: String, _ arguments: [String], says: String, environment: [String: String] = [:], file: (String, String)? = nil) {
            self.testDescription = name
            self.arguments = arguments
            self.says = says
            self.environment = environment
            self.file = file
        }
    }

    static let cases = [
        Case("an unknown flag", ["up", "--wrokers", "3"], says: "--wrokers"),
        Case("an unknown subcommand", ["upp"], says: "upp"),
        Case("a value out of range", ["up", "--shards", "0"], says: "`shards` cannot be `0`"),
        Case("a bad value in the environment", ["up"], says: "MUSTER_UP_WORKERS", environment: ["MUSTER_UP_WORKERS": "many"]),
        Case("a bad duration", ["up", "--for", "soon"], says: "30s"),
        Case("an unknown key in muster.yaml", ["worker"], says: "`worker.capacty`", file: ("muster.yaml", "worker:\n  capacty: 3\n")),
        Case("a muster.yaml that is no YAML", ["worker"], says: "muster.yaml", file: ("muster.yaml", "worker: [\n")),
        Case("a state directory that cannot be made", ["up", "--state-directory", "/dev/null/x"], says: "state directory"),
        Case("a worker's sink that cannot be opened", ["worker", "--state-directory", "s", "--sink", "ndjson:/dev/null/x"], says: "/dev/null/x"),
        Case("a sink of no known kind", ["worker", "--state-directory", "s", "--sink", "tape"], says: "tape"),
        Case("a token file that cannot be read", ["coordinator", "--token-file", "/nowhere/token"], says: "/nowhere/token"),
        Case("no token at all", ["coordinator"], says: "DISCORD_TOKEN"),
        Case(
            "a control port that others could reach, without a word that this is meant",
            ["coordinator", "--listen", "0.0.0.0:7700"], says: "--insecure", environment: ["DISCORD_TOKEN": "t"]),
        Case(
            "a store of no known kind", ["coordinator", "--store", "mysql:x"], says: "mysql", environment: ["DISCORD_TOKEN": "t"]),
        Case(
            "a database that cannot be reached", ["coordinator", "--store", "postgres://nobody@127.0.0.1:1/none"], says: "127.0.0.1",
            environment: ["DISCORD_TOKEN": "t"]),
        Case("no coordinator to ask", ["status", "--admin", "http://127.0.0.1:1"], says: "127.0.0.1:1"),
    ]

    @Test("is answered with one line and exit code 2", arguments: Self.cases) func badInput(_ bad: Case) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("muster-bad-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        if let file = bad.file { try Data(file.text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(file.name)")) }
        try expectOneLine(await Binary.run(bad.arguments, environment: bad.environment, in: directory), says: bad.says)
    }

    @Test("a dead token, a port in use, and a second coordinator on one SQLite file, too") func againstACluster() async throws {
        try await TestCluster.with(simulatorOptions: ["--token", "test-token"]) { cluster in
            try await cluster.startSimulator()
            let portInUse = try await Binary.run(["simulator", "--listen", "127.0.0.1:\(cluster.ports.gateway)"])
            try expectOneLine(portInUse, says: "\(cluster.ports.gateway)")

            let api = "http://127.0.0.1:\(cluster.ports.gateway)/api/v10"
            let ports = try Ports.kept(in: cluster.directory.file("other-ports.json"))
            let elsewhere = ["--listen", "127.0.0.1:\(ports.control)", "--admin", "127.0.0.1:\(ports.admin)"]
            let refused = try await Binary.run(
                ["coordinator", "--discord-api", api, "--store", "sqlite:\(cluster.directory.file("other.db"))"] + elsewhere,
                environment: ["DISCORD_TOKEN": "another"])
            try expectOneLine(refused, says: "401")

            try await cluster.startCoordinator()
            var second = ["coordinator"] + cluster.coordinatorArguments
            for (option, port) in [("--listen", ports.control), ("--admin", ports.admin)] {
                let index = try #require(second.firstIndex(of: option))
                second[index + 1] = "127.0.0.1:\(port)"
            }
            try expectOneLine(await Binary.run(second), says: "muster.db")
            // Nothing of it harmed the first one.
            _ = try await cluster.client.clusterStatus()
        }
    }

    @Test("two workers in one state directory") func lockedWorker() async throws {
        try await TestCluster.with { cluster in
            try cluster.startWorker("w1")
            let directory = cluster.directory.file("workers-w1")
            try await cluster.until("w1 has its directory") { FileManager.default.fileExists(atPath: directory) }
            try await cluster.until("a second one is refused") {
                let second = try await Binary.run(["worker", "--state-directory", directory, "--stable-id", "w1", "--sink", "null"], limit: .seconds(5))
                guard second.code == 2 else { return false }
                try expectOneLine(second, says: directory)
                return true
            }
        }
    }
}

/// One line for the operator, after whatever was logged before it.
private func expectOneLine(_ outcome: Binary.Outcome, says: String) throws {
    #expect(outcome.code == 2, "\(outcome.output)\(outcome.errors)")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("muster: ") }.count == 1, "\(outcome.errors)")
    let last = try #require(lines.last)
    #expect(last.hasPrefix("muster: ") && last.contains(says), "\(outcome.errors)")
}
