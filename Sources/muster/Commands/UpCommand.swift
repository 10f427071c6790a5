import ArgumentParser
import GatewayModel
import LocalCluster

/// `muster up`: a whole cluster on this machine, against the simulator.
struct UpCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Runs a whole cluster on this machine: simulator, coordinator and workers.",
        discussion: """
            Needs no token, no database and no configuration. Ctrl-C drains; the next `muster up` resumes every session. Each worker writes its events \
            to events/<worker>.ndjson in the state directory; a checker compares these files with what the simulator says was due. The files grow \
            during a run, and the next start removes those that are verified to their ends.
            """)
    static let settingNames: Set = [
        "workers", "shards", "guilds", "events-per-second", "max-concurrency", "chaos", "for", "state-directory", "seed", "plain",
    ]

    @OptionGroup var common: CommonOptions
    @Option(help: "Worker processes, 1 to 64 (default: 3).") var workers: String?
    @Option(help: "Shards of the simulated bot, 1 to 4096 (default: 16).") var shards: String?
    @Option(help: "Guilds of the simulated bot, 1 to 1000000 (default: 1000).") var guilds: String?
    @Option(help: "Events of the whole bot, 0 to 100000 (default: 500).") var eventsPerSecond: String?
    @Option(help: "IDENTIFYs per 5 s, 1 to 1024 (default: 16).") var maxConcurrency: String?
    @Flag(help: "Kill a random worker every 3 to 8 s, and start it again at once.") var chaos = false
    @Option(name: .customLong("for"), help: "End by itself this long after every shard is live, such as 30s; exit code 1 if anything was lost.")
    var limit: String?
    @Option(help: "Where state, events and logs are kept (default: ./muster-data).") var stateDirectory: String?
    @Option(help: "Of chaos and of the simulated events (default: 1).") var seed: String?
    @Flag(help: "Plain lines, even on a terminal.") var plain = false

    func run() async throws {
        let settings = try await self.settings([
            "workers": self.workers, "shards": self.shards, "guilds": self.guilds, "events-per-second": self.eventsPerSecond,
            "max-concurrency": self.maxConcurrency, "chaos": Settings.flag(self.chaos), "for": self.limit, "state-directory": self.stateDirectory,
            "seed": self.seed, "plain": Settings.flag(self.plain),
        ])
        var options = LocalClusterOptions()
        options.workers = try settings.int("workers", in: 1...64, default: options.workers)
        options.shards = try settings.int("shards", in: 1...4096, default: options.shards)
        options.guilds = try settings.int("guilds", in: 1...1_000_000, default: options.guilds)
        options.eventsPerSecond = try settings.int("events-per-second", in: 0...100_000, default: options.eventsPerSecond)
        options.maxConcurrency = try settings.int("max-concurrency", in: 1...1024, default: options.maxConcurrency)
        options.chaos = try settings.bool("chaos")
        options.limit = try settings.duration("for", in: .seconds(1)...(.seconds(30 * 86_400)))
        options.stateDirectory = try settings.string("state-directory", default: options.stateDirectory)
        options.seed = UInt64(try settings.int("seed", in: 0...Int.max, default: Int(options.seed)))
        options.plain = try settings.bool("plain")
        let code = try await LocalCluster.run(options)
        if code != 0 { throw ExitCode(code) }
    }
}
