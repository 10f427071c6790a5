import ArgumentParser
import ClusterModel
import Foundation
import GatewayClient
import GatewayModel
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import ShardWorker
import UnixSignals

/// `muster worker`: holds the shards that a coordinator assigns, and writes their events to a sink.
struct WorkerCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Holds the shards that a coordinator assigns, and writes their events to a sink.",
        discussion: """
            An event is one line of JSON: {"app","gen","shard","epoch","session","seq","type","data"}, where data is Discord's d as it came (a raw line break \
            between its tokens becomes a space). A shard's own events are {"app","gen","shard","epoch","control":"ready|resumed|disconnected|gap|reshard_begin|\
            reshard_end",…}. After a crash some lines may come twice, with the same session and seq; none is missing without a gap line before what follows.

            SIGTERM and SIGINT flush, close every shard so that it can be resumed elsewhere, report where each one stood, and end with exit code 0 within 10 s. \
            A second signal, a second later or more, ends the process at once.
            """)

    static let settingNames: Set = [
        "coordinator", "stable-id", "state-directory", "capacity", "sink", "sink-sync", "discord-ca-file", "compression", "returning",
    ]

    @OptionGroup var common: CommonOptions

    @Option(help: "HOST:PORT of the coordinator's control port (default: 127.0.0.1:7700).") var coordinator: String?
    @Option(help: "The worker's name, kept over restarts (default: the one in the state directory, at first a random one).") var stableID: String?
    @Option(help: "Holds the worker's name and its lock; one process each (default: muster-worker).") var stateDirectory: String?
    @Option(help: "Shards it can hold (default: 32).") var capacity: String?
    @Option(help: "Where events go: ndjson:- (standard output), ndjson:FILE or null (default: ndjson:-).") var sink: String?
    @Flag(help: "An event counts as accepted only after fdatasync of its file.") var sinkSync = false
    @Option(help: "PEM file of the only certificates to trust for wss:// (default: the system's).") var discordCAFile: String?
    @Option(help: "zlib-stream (default), zstd-stream, payload or none; the same for all workers of a bot.") var compression: String?
    @Flag(help: "Whoever sends SIGTERM starts this worker again at once: the coordinator waits 3 s for it.") var returning = false

    func run() async throws {
        let settings = try await self.settings([
            "coordinator": self.coordinator, "stable-id": self.stableID, "state-directory": self.stateDirectory, "capacity": self.capacity,
            "sink": self.sink, "sink-sync": Settings.flag(self.sinkSync), "discord-ca-file": self.discordCAFile, "compression": self.compression,
            "returning": Settings.flag(self.returning),
        ])
        let logger = try settings.logger(label: "muster.worker")
        let coordinator = try settings.address("coordinator", default: "127.0.0.1:7700")
        let specification = try SinkSpecification(try settings.string("sink", default: "ndjson:-"))
        let capacity = try settings.int("capacity", in: 1...100_000, default: 32)
        let compression = try settings.choice("compression", default: GatewayCompression.zlibStream)
        let isReturning = try settings.bool("returning")
        let sync = try settings.bool("sink-sync")
        let trust = try Self.trust(try settings.string("discord-ca-file"))
        let state = try StateDirectory(
            path: try settings.string("state-directory", default: "muster-worker"), stableID: try settings.string("stable-id").map(StableID.init(rawValue:)))
        let sink = try specification.open(sync: sync, logger: logger)

        let service = WorkerService(
            WorkerSettings(stableID: state.stableID, capacity: capacity, compression: compression, trust: trust, isReturning: isReturning),
            transport: GRPCControlTransport(host: coordinator.host, port: coordinator.port), sink: sink, group: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
        let secondSignal = SecondSignal()
        defer { secondSignal.cancel() }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
    }

    private static func trust(_ file: String?) throws -> GatewayTrust {
        guard let file else { return .system }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8), text.contains("-----BEGIN CERTIFICATE-----") else {
            throw OperatorMistake(
                what: "cannot use the certificates in \(file)", why: "it is no readable PEM file with a certificate", fix: "correct --discord-ca-file")
        }
        return .file(file)
    }
}
