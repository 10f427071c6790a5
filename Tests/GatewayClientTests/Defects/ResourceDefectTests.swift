import Foundation
import GatewayClient
import GatewayModel
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around what shards cost and show", .timeLimit(.minutes(1))) struct ResourceDefectTests {
    private final class Lines: Sendable {
        let text = Mutex("")
    }

    /// Keeps everything at every level.
    private struct Everything: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.lines.text.withLock { $0 += "\(event.message) \(event.metadata ?? [:])\n" }
        }
    }

    @Test("Defect 21: the token is in no log line, no event and no error", arguments: [false, true]) func defect21Token(hasSession: Bool) async throws {
        let lines = Lines()
        var options = Rig.Options()
        options.hasSession = hasSession
        options.logger = Logger(label: "test") { _ in Everything(lines: lines) }
        try await Rig.run(options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: hasSession ? 6 : 2)
            try await peer.send(.close(4004))
            await peer.rest()
        } body: { rig in
            if !hasSession {
                await rig.recorder.wait(for: .phase(.awaitingPermit))
                rig.shard.offer(Rig.permit)
                rig.shard.grant(Rig.permit, validUntil: BootClock.now + .seconds(2))
            }
            let end = await rig.shard.run()
            var shown = "\(end) \(rig.recorder.items)" + lines.text.withLock { $0 }
            var configuration = GatewayShardConfiguration(shard: ShardID(9), numShards: 4, token: Secret("a\"token"), intents: 0, gatewayURL: "ws://h")
            do { try configuration.check() } catch { shown += "\(error)" }
            dump(configuration, to: &shown)
            configuration.shard = ShardID(0)
            shown += "\(configuration)"
            #expect(shown.contains("4004") && shown.contains("<redacted>"))
            #expect(!shown.contains("a\"token") && !shown.contains("a\\\"token"))
        }
    }

    @Test("Defect 23: twenty servers that never answer a dial hold up no other shard of their event loop") func defect23SlowDials() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let silent = try await ScriptedServer.listen()
        let good = try await ScriptedServer.listen()
        func shard(_ number: Int, _ port: Int, _ recorder: Recorder) -> GatewayShard {
            let url = "ws://127.0.0.1:\(port)/gateway"
            return GatewayShard(
                configuration: GatewayShardConfiguration(
                    shard: ShardID(number), numShards: 32, token: Secret("t"), intents: 0, gatewayURL: url,
                    session: GatewaySession(sessionID: "s", resumeGatewayURL: url, sequence: 10), compression: .none),
                handler: recorder, eventLoop: loop, logger: Rig.Options().logger)
        }
        let recorder = Recorder()
        let slow = (0..<20).map { shard($0, silent.port, Recorder()) }
        let quick = shard(20, good.port, recorder)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await silent.run { peer, _ in try await peer.ignore() } }
            tasks.addTask { try? await good.run(GroupStage.script { peer, _ in await peer.rest() }) }
            for shard in slow { tasks.addTask { _ = await shard.run() } }
            let start = ContinuousClock.now
            tasks.addTask { _ = await quick.run() }
            await recorder.wait(for: .phase(.live))
            // One dial alone may take 5 s, and twenty stand before it.
            #expect(ContinuousClock.now - start < .seconds(20))
            for shard in slow + [quick] { shard.stop(.fence) }
            for shard in slow + [quick] { _ = await shard.run() }
            tasks.cancelAll()
        }
    }

    @Test("Defect 24: two hundred shards add no thread") func defect24Threads() async throws {
        let script = GroupStage.script { peer, _ in await peer.rest() }
        try await GroupStage.run(script, shards: { port in [GroupStage.state(0, of: 201, sequence: 10, port: port)] }) { stage in
            await stage.log.wait(for: .connectedAllShards(count: 1))
            let before = try Self.threads()
            let states = (1...200).map { GroupStage.state($0, of: 201, sequence: 10, port: stage.server.port) }
            #expect(try await stage.group.attach(states).count == 200)
            // The pools of the process may still be growing to the number of processors.
            #expect(try Self.threads() - before <= 2 * ProcessInfo.processInfo.activeProcessorCount + 2)
        }
    }

    private static func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    @Test("Defect 19: what is wrong is thrown at once, with a type, never returned or only logged") func defect19Thrown() async throws {
        let configuration = GroupStage.configuration(port: 1)
        #expect(throws: OperatorMistake.self) { try ShardGroup(configuration, shards: [GroupStage.state(4, of: 4)], gate: OpenGate()) }
        #expect(throws: OperatorMistake.self) {
            try ShardGroup(configuration, shards: [GroupStage.state(0, of: 4), GroupStage.state(0, of: 4)], gate: OpenGate())
        }
        #expect(throws: OperatorMistake.self) { try Intents(parsing: "") }
        var undefined = configuration
        undefined.shard.intents = 1 << 17
        #expect(throws: OperatorMistake.self) { try ShardGroup(undefined, shards: [GroupStage.state(0, of: 4)], gate: OpenGate()) }
        let server = try await ScriptedServer.listen()
        let api = try GatewayBotClient(
            discordAPI: "http://127.0.0.1:\(server.port)/api/v10/", trust: .system, version: "1", eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try? await server.run { peer, _ in
                    try await peer.write(Array("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}".utf8))
                    try await peer.ignore()
                }
            }
            do {
                _ = try await ShardGroup.connect(configuration, api: api)
                Issue.record("connected")
            } catch ShardGroupError.unauthorized {
                tasks.cancelAll()
            } catch {
                Issue.record(error)
            }
            tasks.cancelAll()
        }
        await api.shutdown()
    }
}
