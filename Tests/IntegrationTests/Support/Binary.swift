import Foundation
import GatewayModel

/// The `muster` that was built together with these tests.
enum Binary {
    /// It lies next to the test bundle.
    static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("muster").path
    }()

    struct Outcome: Sendable {
        /// `nil`: it had to be killed.
        var code: Int32?
        var output: String
        var errors: String
    }

    /// Runs it to its end, with no variable of the environment that it would read but those given.
    static func run(_ arguments: [String], environment: [String: String] = [:], in directory: String? = nil, limit: Duration = .seconds(30)) async throws
        -> Outcome
    {
        let files = FileManager.default.temporaryDirectory.appendingPathComponent("muster-run-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: files) }
        for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: "\(files)/\(name)", contents: nil) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: self.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MUSTER_") && $0.key != "DISCORD_TOKEN" }
            .merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: directory ?? files)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: "\(files)/out")
        process.standardError = FileHandle(forWritingAtPath: "\(files)/err")
        try process.run()
        let deadline = BootClock.now + limit
        while process.isRunning, BootClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        var code: Int32?
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
        } else {
            code = process.terminationStatus
        }
        return Outcome(
            code: code, output: try String(contentsOfFile: "\(files)/out", encoding: .utf8), errors: try String(contentsOfFile: "\(files)/err", encoding: .utf8)
        )
    }
}
