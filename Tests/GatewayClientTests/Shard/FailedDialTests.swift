import GatewayClient
import GatewayModel
import Logging
import NIOPosix
import Synchronization
import Testing

@Suite("A gateway that cannot be reached", .timeLimit(.minutes(1))) struct FailedDialTests {
    private final class Log: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// Keeps what is logged at `warning`.
    private struct Handler: LogHandler {
        let log: Log
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let failures = event.metadata?["gateway.failures"].map { "\($0)" } ?? "-"
            let reason = event.metadata?["reason"].map { "\($0)" } ?? ""
            self.log.lines.withLock { $0.append("\(event.message) \(failures)\(reason.isEmpty ? "" : ", with a reason")") }
        }
    }

    @Test("is said at warning: the first failure, and each doubling of their number") func warnings() async throws {
        let log = Log()
        let recorder = Recorder()
        let url = "ws://127.0.0.1:1"
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(0), numShards: 1, token: Secret("t"), intents: 0, gatewayURL: url,
                session: GatewaySession(sessionID: "stored", resumeGatewayURL: url, sequence: 10), compression: .none),
            handler: recorder, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: Logger(label: "test") { _ in Handler(log: log) })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await shard.run() }
            await recorder.wait { items in items.count { if case .event(.disconnected) = $0 { true } else { false } } >= 5 }
            shard.stop(.fence)
        }
        #expect(log.lines.withLock { $0 } == [1, 2, 4].map { "Cannot connect to the gateway \($0), with a reason" })
    }
}
