import Foundation
import GatewayModel
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite struct StateFileTests {
    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("muster-simulator-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    @Test("a second simulator on the same file resumes the sessions of the first, with the ledger and the day's count") func restart() async throws {
        try await self.withDirectory { directory in
            let file = directory.appendingPathComponent("state").path
            var session = ""
            var stoppedAt = Instant(nanoseconds: 0)
            try await withSimulator({ $0.stateFile = file }) { simulator in
                try await RawClient.connect(port: simulator.port) { client in
                    session = try await client.identify().field("session_id")!
                    for _ in 0..<3 { try await simulator.publish(EventDraft(guild: 1 << 22)) }
                    stoppedAt = try await simulator.snapshot().now
                    try await simulator.publish(EventDraft(guild: 1 << 22))
                }
            }
            try await withSimulator({ $0.stateFile = file }) { simulator in
                let machine = try await simulator.snapshot()
                #expect(machine.now >= stoppedAt && machine.now < stoppedAt + .seconds(30))
                #expect(machine.ledger.lastCursor == 4)
                #expect(machine.identifiesRemaining(at: machine.now) == 999)
                try await RawClient.connect(port: simulator.resumePort) { client in
                    try await client.resume(session, from: 3)
                    for sequence in 4...5 { #expect(try await client.dispatch("MESSAGE_CREATE").sequence == sequence) }
                    _ = try await client.dispatch("RESUMED")
                }
            }
        }
    }

    @Test("a damaged file, a missing directory, a port in use and half a TLS configuration each end with what to do") func operatorErrors() async throws {
        try await self.withDirectory { directory in
            let file = directory.appendingPathComponent("state").path
            try Data("no state".utf8).write(to: URL(fileURLWithPath: file))
            await #expect(throws: OperatorMistake.self) { try await withSimulator({ $0.stateFile = file }) { _ in } }
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("no state".utf8))
            await #expect(throws: OperatorMistake.self) { try await withSimulator({ $0.stateFile = directory.path + "/none/state" }) { _ in } }
            await #expect(throws: OperatorMistake.self) { try await withSimulator({ $0.certificateFile = "/dev/null" }) { _ in } }
            await #expect(throws: OperatorMistake.self) {
                try await withSimulator({
                    $0.certificateFile = "/dev/null"
                    $0.privateKeyFile = "/dev/null"
                }) { _ in }
            }
            try await withSimulator { simulator in
                let port = simulator.port
                await #expect(throws: OperatorMistake.self) { try await withSimulator({ $0.port = port }) { _ in } }
            }
        }
    }
}
