import GatewayClient
import GatewayModel
import Logging
import NIOPosix
import NIOSSL

/// A scripted server, one shard against it, and what the shard told.
struct Rig: Sendable {
    let server: ScriptedServer
    let shard: GatewayShard
    let recorder: Recorder

    static let hello = #"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}"#
    static let fastHello = #"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":1000}}"#
    static let ack = #"{"op":11}"#
    static let permit = PermitID(rawValue: "p1")

    static func dispatch(_ sequence: Int64, _ type: String = "MESSAGE_CREATE", data: String = #"{"id":"1"}"#) -> String {
        #"{"t":"\#(type)","s":\#(sequence),"op":0,"d":\#(data)}"#
    }

    static func resumed(_ sequence: Int64) -> String { Self.dispatch(sequence, "RESUMED", data: "{}") }

    struct Options: Sendable {
        var hasSession = true
        var compression = GatewayCompression.none
        var limits = GatewayLimits()
        /// Every dispatch is answered by a request to pause, from the start.
        var pauses = false
        var tls: NIOSSLContext?
        var trust = GatewayTrust.system
        /// `nil`: every event.
        var wanted: EventSet?
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var metrics: GatewayMetrics?
        var closeOverrides: [UInt16: CloseDisposition] = [:]
        /// Of the URLs, with TLS.
        var host = "127.0.0.1"
    }

    /// Runs the shard against the script; `body` watches. Both end with it, fenced.
    static func run(
        _ options: Options = Options(), script: @escaping ScriptedServer.Script, body: @Sendable (Rig) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.listen(tls: options.tls)
        let url = "\(options.tls == nil ? "ws" : "wss")://\(options.host):\(server.port)/gateway"
        let session = options.hasSession ? GatewaySession(sessionID: "stored", resumeGatewayURL: url, sequence: 10) : nil
        let recorder = Recorder()
        recorder.pauses(options.pauses)
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(3), numShards: 16, token: Secret("a\"token"), intents: 513, gatewayURL: url, session: session,
                compression: options.compression, wanted: options.wanted, trust: options.trust, limits: options.limits, metrics: options.metrics,
                closeOverrides: options.closeOverrides),
            handler: recorder, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: options.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run(script) }
            group.addTask { _ = await shard.run() }
            try await body(Rig(server: server, shard: shard, recorder: recorder))
            shard.stop(.fence)
            group.cancelAll()
        }
    }

    /// Offers and grants, up to live.
    func identify() async {
        await self.recorder.wait(for: .phase(.awaitingPermit))
        self.shard.offer(Self.permit)
        await self.recorder.wait(for: .readyToIdentify(Self.permit))
        self.shard.grant(Self.permit, validUntil: BootClock.now + .seconds(2))
        await self.recorder.wait(for: .phase(.live))
    }

    func wait(forDispatch sequence: Int64) async {
        await self.recorder.wait { items in items.contains { if case .dispatch(sequence, _, _) = $0 { true } else { false } } }
    }

    func waitForAnomaly() async {
        await self.recorder.wait { items in items.contains { if case .event(.anomaly) = $0 { true } else { false } } }
    }
}
