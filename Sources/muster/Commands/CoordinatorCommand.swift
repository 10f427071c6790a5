import AdminAPI
import ArgumentParser
import ClusterModel
import ClusterStore
import Coordinator
import Foundation
import GatewayClient
import GatewayModel
import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// `muster coordinator`: leads one application's cluster until SIGTERM.
struct CoordinatorCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Assigns shards to workers, paces IDENTIFY, keeps sessions in a database.",
        discussion: "The bot token is read from --token-file, else from the variable DISCORD_TOKEN. SIGTERM and SIGINT end it; workers keep their shards.")

    static let settingNames: Set = [
        "listen", "admin", "store", "discord-api", "discord-ca-file", "token-file", "shards", "intents", "isolation", "application", "insecure",
        "large-threshold", "identify-properties", "dials-per-second",
    ]

    @OptionGroup var common: CommonOptions

    @Option(help: "Where workers connect (default: 127.0.0.1:7700).")
    var listen: String?

    @Option(help: "Where the admin API listens (default: 127.0.0.1:7701).")
    var admin: String?

    @Option(help: "sqlite:FILE or postgres://USER@HOST/DATABASE (default: sqlite:muster.db).")
    var store: String?

    @Option(help: "Discord's REST API (default: https://discord.com/api/v10).")
    var discordApi: String?

    @Option(help: "PEM file of the authorities trusted for Discord, in place of the system's.")
    var discordCaFile: String?

    @Option(help: "File that holds the bot token.")
    var tokenFile: String?

    @Option(help: "auto (Discord's recommendation) or a number (default: auto).")
    var shards: String?

    @Option(help: "Names such as GUILDS,GUILD_MESSAGES, or one number (default: GUILDS,GUILD_MESSAGES).")
    var intents: String?

    @Option(help: "What a worker without a coordinator does: fence (close its shards), hold (keep them), auto (default; hold for a lone coordinator).")
    var isolation: String?

    @Option(help: "Names the bot in the database (default: the application id inside the token, else \"default\").")
    var application: String?

    @Option(help: "Members from which on GUILD_CREATE leaves out those that are offline, 50 to 250 (default: Discord's own, 50).")
    var largeThreshold: String?

    @Option(help: "What IDENTIFY says of the program (default: os=linux,browser=muster,device=muster).")
    var identifyProperties: String?

    @Option(help: "Lost gateway connections that all workers together replace in a second, 1 to 10000 (default: 200).")
    var dialsPerSecond: String?

    @Flag(help: "Allow --listen and --admin beyond loopback, without encryption: whoever reaches them reads the token.")
    var insecure = false

    func run() async throws {
        let settings = try await self.settings([
            "listen": self.listen, "admin": self.admin, "store": self.store, "discord-api": self.discordApi, "discord-ca-file": self.discordCaFile,
            "token-file": self.tokenFile, "shards": self.shards, "intents": self.intents, "isolation": self.isolation, "application": self.application,
            "insecure": Settings.flag(self.insecure), "large-threshold": self.largeThreshold, "identify-properties": self.identifyProperties,
            "dials-per-second": self.dialsPerSecond,
        ])
        let logger = try settings.logger(label: "muster.coordinator")
        let listen = try settings.address("listen", default: "127.0.0.1:7700")
        let admin = try settings.address("admin", default: "127.0.0.1:7701")
        if try !settings.bool("insecure") {
            try Self.refuseBeyondLoopback(listen, "listen")
            try Self.refuseBeyondLoopback(admin, "admin")
        }
        let cluster = try Self.cluster(settings)
        try await listen.checkFree(option: "listen")
        try await admin.checkFree(option: "admin")
        let trust: GatewayTrust = if let file = try settings.string("discord-ca-file") { .file(file) } else { .system }
        let client = try GatewayBotClient(
            discordAPI: try settings.string("discord-api", default: "https://discord.com/api/v10"), trust: trust, version: Muster.version,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        do {
            let store = try await StoreLocation(parsing: try settings.string("store", default: "sqlite:muster.db")).open(logger: logger)
            do {
                try await Self.serve(cluster, listen, admin, store, GatewayBotSource(client), logger)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private static func serve(
        _ cluster: ClusterConfiguration, _ listen: NetworkAddress, _ admin: NetworkAddress, _ store: any ClusterStore, _ gateway: GatewayBotSource,
        _ logger: Logger
    ) async throws {
        try await store.migrate()
        let coordinator = CoordinatorService(
            CoordinatorService.Configuration(
                cluster: cluster, listen: ListenAddress(host: listen.host, port: listen.port),
                holder: "\(ProcessInfo.processInfo.hostName) process \(ProcessInfo.processInfo.processIdentifier)"),
            store: store, gateway: gateway, logger: logger)
        let admin = AdminService(host: admin.host, port: admin.port, backend: DeskBackend(desk: coordinator.desk), logger: logger)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: coordinator, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .cancelGroup),
                    .init(service: admin, successTerminationBehavior: .cancelGroup, failureTerminationBehavior: .cancelGroup),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
    }

    static func cluster(_ settings: Settings) throws -> ClusterConfiguration {
        let token = try BotToken.read(file: try settings.string("token-file"), environment: ProcessInfo.processInfo.environment)
        let count = try settings.parsed("shards", expected: "auto, or a number from 1 to 100000") { text -> ClusterConfiguration.ShardCount? in
            if text == "auto" { return .auto }
            return Int(text).flatMap { (1...100_000).contains($0) ? .fixed($0) : nil }
        }
        let isolation: Isolation =
            switch try settings.choice("isolation", default: IsolationChoice.auto) {
            case .auto, .hold: .hold
            case .fence: .fence
            }
        let application = try settings.parsed("application", expected: "1 to 128 of A-Z, a-z, 0-9, dot, underscore, hyphen") { name -> String? in
            let allowed = name.utf8.allSatisfy {
                $0 < 128 && (Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber || [0x2D, 0x2E, 0x5F].contains($0))
            }
            return allowed && (1...128).contains(name.utf8.count) ? name : nil
        }
        return ClusterConfiguration(
            application: ApplicationID(rawValue: application ?? BotToken.applicationID(of: token) ?? "default"), token: token,
            intents: try Intents(parsing: try settings.string("intents", default: "GUILDS,GUILD_MESSAGES")).rawValue, shards: count ?? .auto,
            isolation: isolation, dialsPerSecond: try settings.int("dials-per-second", in: 1...10_000, default: ClusterConfiguration.defaultDialsPerSecond),
            identify: IdentifyOptions(
                largeThreshold: try settings.int("large-threshold", in: LargeThreshold.range),
                properties: try settings.string("identify-properties").map { try IdentifyOptions.properties(parsing: $0) } ?? IdentifyProperties()))
    }

    enum IsolationChoice: String, CaseIterable {
        case auto, fence, hold
    }

    private static func refuseBeyondLoopback(_ address: NetworkAddress, _ name: String) throws {
        guard !address.isLoopback else { return }
        throw OperatorMistake(
            what: "--\(name) \(address) can be reached from other machines", why: "this connection is not encrypted yet, and the bot token travels on it",
            fix: "listen on 127.0.0.1, or add --insecure where the network is trusted")
    }
}

/// Shows a coordinator's desk through the admin API.
struct DeskBackend: AdminBackend {
    let desk: OperatorDesk

    var status: ClusterStatus? { self.desk.status }

    func ask(_ request: OperatorRequest) async -> OperatorAnswer {
        await self.desk.ask(request)
    }

    func history(limit: Int) async throws -> [HistoryLine] {
        try await self.desk.history(limit: limit)
    }
}
