import ArgumentParser

/// Measures in release mode; what is compared is compared within one run.
@main
struct MusterBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster-bench", abstract: "Benchmarks of Muster.", version: "0.1.0",
        subcommands: [GatewayBenchCommand.self, GatewaySenderCommand.self, GatewayCaseCommand.self, GatewayLimitCommand.self])
}
