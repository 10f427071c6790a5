import ArgumentParser
import Foundation
import GatewayModel
import GatewaySimulator
import Logging
import ServiceLifecycle
import SimulatedGateway
import UnixSignals

/// `muster simulator`: a strict stand-in for Discord's gateway, with faults on request.
struct SimulatorCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator", abstract: "Simulates Discord's gateway, strictly, with faults on request and a ledger of what must arrive.",
        discussion: """
            Serves /api/v10/gateway/bot (any token unless --token), the gateway at /gateway (JSON or ETF; zlib-stream, zstd-stream or payload compression), \
            and RESUMEs on a second port. SIGTERM and SIGINT save the state \
            to --state-file; time does not run while the simulator is down.

            What happened (GET): /_sim/ledger?after=CURSOR&limit=N, /_sim/status, /_sim/violations, /_sim/identifies,
            /_sim/commands[?op=N][&connection=ID] (ops 3, 4, 8, 31 and 43, and what became of each).

            Faults (POST), for everything, or with shard=I[&shards=N] or session=ID:
              /_sim/reconnect                      op 7
              /_sim/invalidate?resumable=false     op 9; not resumable: the sessions end
              /_sim/close?code=4000                close frame with any code
              /_sim/cut?how=reset|fin              TCP ends without close frame
              /_sim/stall?ms=60000                 nothing is sent for a while, then all of it
              /_sim/zombie?ms=60000                no heartbeat ACKs for a while
              /_sim/beat                           op 1
              /_sim/forget                         sessions end without a word
              /_sim/garble?kind=K                  invalid-json, invalid-etf, not-zlib, truncated-zlib, truncated-zstd, bomb, sequence-backwards

            Events, rules and the API (POST):
              /_sim/burst?count=N[&ms=M][&guild=ID][&padding=BYTES]    counted messages, at once or over a time
              /_sim/publish?type=T[&guild=ID][&padding=BYTES]
              /_sim/rate?events_per_second=N
              /_sim/rules?max_concurrency= &shards= &identify_total= &identifies_spent= &max_guilds_per_shard= &shard_multiple= &allowed_intents= \
            &resume_while_attached=takeOver|refuse
              /_sim/fail-api?kind=K[&count=N]      500, 429, html, empty or drop for the next N GET /gateway/bot
              /_sim/greet?kind=K[&count=N]         reconnect-instead, reconnect-before, silence, close or cut for the next N connections
              /_sim/refuse?what=W&kind=K[&code=C][&count=N]    the next N of W, identify or resume, get op 9 (invalid-session, resumable), \
            close C, reconnect or silence
              /_sim/end-early?payloads=P[&code=C | &how=reset|fin][&count=N]    the next N connections end after P payloads, HELLO being the first
              /_sim/resume-url?host=H              open, refuses, ends, silent or without-hello
              /_sim/kill-token                     all sessions end, the token is dead
            """)
    static let settingNames: Set = [
        "listen", "resume-listen", "advertise", "guilds", "seed", "events-per-second", "shards", "max-concurrency", "identify-limit-total", "token",
        "state-file", "tls-certificate", "tls-key", "replay-buffer", "session-lifetime", "ready-delay", "refusal-delay", "heartbeat-interval",
        "resume-while-attached", "heartbeat-trim", "refused-resume", "max-guilds-per-shard", "shard-multiple", "client-backlog", "ledger-lines", "fragment",
        "members", "split", "etf-ids", "hello-with-upgrade",
    ]

    @OptionGroup var common: CommonOptions
    @Option(help: "HTTP and the base gateway URL (default: 127.0.0.1:7780).") var listen: String?
    @Option(help: "The resume URL (default: the host of --listen, the next free port).") var resumeListen: String?
    @Option(help: "The host that URLs name (default: that of --listen).") var advertise: String?
    @Option(help: "Guilds of the bot (default: 1000).") var guilds: String?
    @Option(help: "Members of every guild, the bot among them (default: 25).") var members: String?
    @Option(help: "Chooses guild ids and events (default: 1).") var seed: String?
    @Option(help: "Events published by itself, evenly (default: 500).") var eventsPerSecond: String?
    @Option(help: "Recommended shards in /gateway/bot (default: 16).") var shards: String?
    @Option(help: "IDENTIFYs in 5 s (default: 1).") var maxConcurrency: String?
    @Option(help: "IDENTIFYs in 24 h (default: 1000).") var identifyLimitTotal: String?
    @Option(help: "The only good token (default: any).") var token: String?
    @Option(help: "Keeps sessions, replay buffers, daily count and ledger over restarts.") var stateFile: String?
    @Option(help: "PEM certificate chain: https and wss.") var tlsCertificate: String?
    @Option(help: "PEM key of the certificate.") var tlsKey: String?
    @Option(help: "Events a session keeps for RESUME (default: 75 for each guild of the shard, 100 to 3500).") var replayBuffer: String?
    @Option(help: "How long a session without connection lives (default: 90s).") var sessionLifetime: String?
    @Option(help: "From IDENTIFY to READY (default: 0ms).") var readyDelay: String?
    @Option(help: "From an IDENTIFY that came too fast to its op 9 (default: 0ms).") var refusalDelay: String?
    @Option(help: "What HELLO asks for (default: 41250ms).") var heartbeatInterval: String?
    @Option(help: "RESUME while the old connection is open: takeOver (default) or refuse.") var resumeWhileAttached: String?
    @Option(help: "Whether a heartbeat trims the replay buffer: off (default), hole or refuse.") var heartbeatTrim: String?
    @Option(help: "The answer to a RESUME that cannot be served: invalidSession (default) or close.") var refusedResume: String?
    @Option(help: "More guilds on a shard close with 4011 (default: 2500).") var maxGuildsPerShard: String?
    @Option(help: "num_shards must be a multiple of it, else 4010 (default: 1).") var shardMultiple: String?
    @Option(help: "Megabytes that may wait for a client that does not read (default: 64).") var clientBacklog: String?
    @Option(help: "Sends larger payloads in fragments of that many bytes, with an empty last one (default: whole).") var fragment: String?
    @Option(help: "Sends larger compressed payloads of zlib-stream in messages of that many bytes (default: one message).") var split: String?
    @Option(help: "Ids in ETF: integers, strings, or mixed (default), which changes from connection to connection.") var etfIds: String?
    @Flag(help: "HELLO leaves in the TCP segment of the 101.") var helloWithUpgrade = false
    @Option(help: "Ledger lines kept (default: 5000000).") var ledgerLines: String?

    func run() async throws {
        let settings = try await self.settings([
            "listen": self.listen, "resume-listen": self.resumeListen, "advertise": self.advertise, "guilds": self.guilds, "seed": self.seed,
            "events-per-second": self.eventsPerSecond, "shards": self.shards, "max-concurrency": self.maxConcurrency,
            "identify-limit-total": self.identifyLimitTotal, "token": self.token, "state-file": self.stateFile, "tls-certificate": self.tlsCertificate,
            "tls-key": self.tlsKey, "replay-buffer": self.replayBuffer, "session-lifetime": self.sessionLifetime, "ready-delay": self.readyDelay,
            "refusal-delay": self.refusalDelay, "heartbeat-interval": self.heartbeatInterval, "resume-while-attached": self.resumeWhileAttached,
            "heartbeat-trim": self.heartbeatTrim, "refused-resume": self.refusedResume, "max-guilds-per-shard": self.maxGuildsPerShard,
            "shard-multiple": self.shardMultiple, "client-backlog": self.clientBacklog, "ledger-lines": self.ledgerLines,
            "fragment": self.fragment, "members": self.members, "split": self.split, "etf-ids": self.etfIds,
            "hello-with-upgrade": Settings.flag(self.helloWithUpgrade),
        ])
        let service = SimulatorService(options: try Self.options(settings), logger: try settings.logger(label: "muster.simulator"))
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: service.logger))
        try await group.run()
    }

    private static func options(_ settings: Settings) throws -> SimulatorOptions {
        let seed = UInt64(try settings.int("seed", in: 0...Int.max, default: 1))
        let guilds = try settings.int("guilds", in: 0...1_000_000, default: 1000)
        var rules = GatewayConfiguration(guilds: GuildIDs.make(count: guilds, seed: seed))
        rules.membersPerGuild = try settings.int("members", in: 1...1_000_000, default: rules.membersPerGuild)
        rules.token = try settings.string("token")
        rules.recommendedShards = try settings.int("shards", in: 1...16_384, default: 16)
        rules.maxConcurrency = try settings.int("max-concurrency", in: 1...16_384, default: 1)
        rules.identifyLimitTotal = try settings.int("identify-limit-total", in: 0...10_000_000, default: 1000)
        rules.replayBuffer = try settings.int("replay-buffer", in: 1...10_000_000)
        rules.sessionLifetime = try settings.duration("session-lifetime", in: .zero ... .seconds(86_400)) ?? rules.sessionLifetime
        rules.readyDelay = try settings.duration("ready-delay", in: .zero ... .seconds(3600)) ?? rules.readyDelay
        rules.refusalDelay = try settings.duration("refusal-delay", in: .zero ... .seconds(3600)) ?? rules.refusalDelay
        rules.heartbeatInterval = try settings.duration("heartbeat-interval", in: .milliseconds(100) ... .seconds(3600)) ?? rules.heartbeatInterval
        rules.resumeWhileAttached = try settings.choice("resume-while-attached", default: rules.resumeWhileAttached)
        rules.heartbeatTrim = try settings.choice("heartbeat-trim", default: rules.heartbeatTrim)
        rules.refusedResume = try settings.choice("refused-resume", default: rules.refusedResume)
        rules.maxGuildsPerShard = try settings.int("max-guilds-per-shard", in: 1...1_000_000, default: rules.maxGuildsPerShard)
        rules.shardMultiple = try settings.int("shard-multiple", in: 1...16_384, default: rules.shardMultiple)
        rules.ledgerLimit = try settings.int("ledger-lines", in: 16_384...100_000_000, default: rules.ledgerLimit)
        rules.sessionSeed = .random(in: .min ... .max)
        var options = SimulatorOptions(rules: rules)
        let listen = try settings.address("listen", default: "127.0.0.1:7780")
        options.host = listen.host
        options.port = listen.port
        if try settings.string("resume-listen") != nil {
            let resume = try settings.address("resume-listen", default: "127.0.0.1:0")
            options.resumeHost = resume.host
            options.resumePort = resume.port
        }
        options.advertisedHost = try settings.string("advertise")
        options.certificateFile = try settings.string("tls-certificate")
        options.privateKeyFile = try settings.string("tls-key")
        options.eventsPerSecond = try settings.double("events-per-second", in: 0...1_000_000, default: 500)
        options.seed = seed
        options.stateFile = try settings.string("state-file")
        options.clientBacklogLimit = try settings.int("client-backlog", in: 1...4096, default: 64) << 20
        options.fragmentBytes = try settings.int("fragment", in: 1...16_777_216)
        options.splitBytes = try settings.int("split", in: 1...16_777_216)
        options.etfIDs = try settings.choice("etf-ids", default: options.etfIDs)
        options.helloWithUpgrade = try settings.bool("hello-with-upgrade")
        return options
    }
}

/// The simulator from the first bind to the saved state.
private struct SimulatorService: Service {
    let options: SimulatorOptions
    let logger: Logger

    func run() async throws {
        let simulator = try await GatewaySimulator.start(self.options, logger: self.logger)
        FileHandle.standardOutput.write(Data("muster simulator: \(simulator.apiURL), resumes on port \(simulator.resumePort)\n".utf8))
        // Cancellation ends it as a signal does: the state is saved either way.
        try? await gracefulShutdown()
        try await simulator.stop()
    }
}
