import GatewaySimulator
import Logging
import SimulatedGateway

/// Runs a simulator with no events of its own on free ports, and stops it whatever happens.
func withSimulator<Result>(
    guilds: Int = 4, _ change: (inout SimulatorOptions) -> Void = { _ in }, _ body: (GatewaySimulator) async throws -> Result
) async throws -> Result {
    var options = SimulatorOptions(rules: GatewayConfiguration(guilds: GuildIDs.make(count: guilds, seed: 1)))
    options.rules.maxConcurrency = 16
    change(&options)
    let simulator = try await GatewaySimulator.start(options, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    do {
        let result = try await body(simulator)
        try await simulator.stop()
        return result
    } catch {
        try await simulator.stop()
        throw error
    }
}
