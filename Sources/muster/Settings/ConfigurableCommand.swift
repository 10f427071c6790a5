import ArgumentParser

/// A subcommand whose options come from a flag, else the environment, else `muster.yaml`.
///
/// ```swift
/// struct WorkerCommand: ConfigurableCommand {
///     static let configuration = CommandConfiguration(commandName: "worker", abstract: "…")
///     static let settingNames: Set = ["capacity", "stable-id"]  // the flags without `--`
///     @OptionGroup var common: CommonOptions                    // --config, --log-level
///     @Option(help: "Shards it can hold.") var capacity: String?
///     @Option(help: "…") var stableID: String?                  // ArgumentParser spells it --stable-id
///
///     func run() async throws {
///         let settings = try await self.settings(["capacity": self.capacity, "stable-id": self.stableID])
///         let logger = try settings.logger(label: "muster.worker")
///         let capacity = try settings.int("capacity", in: 1...100_000, default: 32)
///         let id = try settings.string("stable-id", default: "w1")
///     }
/// }
/// ```
/// All flags are `String?` (a `@Flag` is passed on with `Settings.flag(_:)`), so that a bad value is refused in one way from wherever it came.
/// Add the type to `Settings.commands`, so that its keys in `muster.yaml` are known.
protocol ConfigurableCommand: AsyncParsableCommand {
    /// Its option names, as in the flag without `--`.
    static var settingNames: Set<String> { get }
    var common: CommonOptions { get }
}

extension ConfigurableCommand {
    /// Where its options stand in `muster.yaml`.
    static var section: String { Self._commandName }

    /// - Parameter flags: each option by name, `nil` where its flag was not given.
    func settings(_ flags: [String: String?]) async throws -> Settings {
        try await Settings(section: Self.section, names: Self.settingNames, flags: flags, common: self.common)
    }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "The configuration file, also MUSTER_CONFIG (default: muster.yaml, where it exists).")
    var config: String?

    @Option(help: "What is logged to stderr: trace, debug, info, notice, warning, error, critical; also MUSTER_LOG_LEVEL (default: notice).")
    var logLevel: String?
}
