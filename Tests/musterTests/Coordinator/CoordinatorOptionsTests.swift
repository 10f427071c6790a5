import ClusterModel
import Foundation
import GatewayModel
import Testing

@testable import muster

@Suite("The options of `muster coordinator`")
struct CoordinatorOptionsTests {
    private static func cluster(_ flags: [String: String?]) async throws -> ClusterConfiguration {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)").path
        try "abc.def.ghi".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try CoordinatorCommand.cluster(await SettingsTests.settings(flags: flags.merging(["token-file": file]) { $1 }))
    }

    @Test("leave Discord's and the library's own values where nothing is said")
    func defaults() async throws {
        let cluster = try await Self.cluster([:])
        #expect(cluster.identify == IdentifyOptions() && cluster.dialsPerSecond == 200)
    }

    @Test("D8, D25: say what IDENTIFY says, and how many lost connections are replaced in a second")
    func given() async throws {
        let cluster = try await Self.cluster(["large-threshold": "250", "identify-properties": "browser=b,device=d", "dials-per-second": "10"])
        #expect(cluster.identify == IdentifyOptions(largeThreshold: 250, properties: IdentifyProperties(os: "linux", browser: "b", device: "d")))
        #expect(cluster.dialsPerSecond == 10)
    }

    @Test(
        "are refused where they cannot be",
        arguments: [
            ("large-threshold", "49"), ("large-threshold", "251"), ("identify-properties", "name=b"), ("dials-per-second", "0"), ("dials-per-second", "10001"),
        ])
    func refused(name: String, value: String) async {
        await #expect(throws: OperatorMistake.self) { try await Self.cluster([name: value]) }
    }
}
