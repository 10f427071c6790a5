import Foundation
import GatewayModel
import Testing

@testable import LocalCluster

@Suite("muster up", .serialized, .timeLimit(.minutes(3))) struct UpTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("muster-up-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test("it kills workers, loses nothing, ends by itself, and the next one goes on with 0 IDENTIFYs") func chaos() async throws {
        try await self.withDirectory { directory in
            let arguments = ["up", "--shards", "8", "--workers", "2", "--events-per-second", "200", "--state-directory", directory]
            let first = try await Binary.run(arguments + ["--for", "20s", "--chaos"], limit: .seconds(120))
            #expect(first.code == 0, "\(first.output)\(first.errors)")
            #expect(first.output.contains("ok: nothing lost, no limit broken"))
            #expect(first.output.contains("0 resumed, 8 identified"))
            #expect(first.output.contains("killed w"))
            #expect(first.output.contains(/IDENTIFYs after the first start +0\n/))
            let second = try await Binary.run(arguments + ["--for", "3s"], limit: .seconds(90))
            #expect(second.code == 0, "\(second.output)\(second.errors)")
            #expect(second.output.contains("8 resumed, 0 identified"))
        }
    }

    @Test("its processes end with it, however it goes, and the directory is free again") func killed() async throws {
        try await self.withDirectory { path in
            let directory = try await StateDirectory.open("\(path)-test")
            defer { try? FileManager.default.removeItem(atPath: directory.path) }
            let up = try ChildProcess.start(
                "up", arguments: ["up", "--shards", "4", "--workers", "2", "--state-directory", path, "--plain"], in: directory, executable: Binary.path)
            defer { up.send(signal: SIGKILL) }
            try await poll("every shard is live") {
                directory.endOfLog(of: "up", lines: 20).contains { $0.contains("every shard is live") }
            }
            let locked = try await Binary.run(["up", "--state-directory", path, "--for", "1s"])
            #expect(locked.code == 2)
            #expect(locked.errors.contains("is locked"))
            up.send(signal: SIGKILL)
            try await poll("it has ended") { up.ending() != nil }
            // Waits for the processes that are left; they drain by themselves.
            let next = try await Binary.run(["up", "--shards", "4", "--workers", "2", "--state-directory", path, "--for", "1s"], limit: .seconds(90))
            #expect(next.code == 0, "\(next.output)\(next.errors)")
            #expect(next.output.contains("4 resumed, 0 identified"))
        }
    }
}

/// Polls until something holds.
func poll(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let deadline = BootClock.now + limit
    while try await !condition() {
        guard BootClock.now < deadline else { throw TooLate(what: what, limit: limit) }
        try await Task.sleep(for: .milliseconds(20))
    }
}
