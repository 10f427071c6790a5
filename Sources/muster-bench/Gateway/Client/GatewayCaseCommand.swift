import ArgumentParser
import Foundation

/// One client process: measures one case against a sender that waits, and prints a `Measurement`.
struct GatewayCaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "gateway-case", shouldDisplay: false)

    @Option(help: "ClientPlan as JSON.") var plan: String

    func run() async throws {
        Limits.raiseOpenFiles()
        let plan = try JSONDecoder().decode(ClientPlan.self, from: Data(self.plan.utf8))
        let measurement =
            switch plan.delivery {
            case .inline where plan.traffic.shape == .idle: try await IdleRun(plan: plan).measure()
            case .inline, .pruned: try await ShardRun(plan: plan).measure()
            case .group, .sequence: try await GroupRun(plan: plan).measure()
            }
        FileHandle.standardOutput.write(try JSONEncoder().encode(measurement) + Data("\n".utf8))
    }
}
