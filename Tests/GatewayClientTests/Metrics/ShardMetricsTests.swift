import GatewayModel
import Logging
import MetricsTestKit
import NIOCore
import NIOPosix
import Testing

@testable import GatewayClient

@Suite("Metrics of a shard", .timeLimit(.minutes(1))) struct ShardMetricsTests {
    private let backend = TestMetrics()

    private var options: Rig.Options {
        var options = Rig.Options()
        options.metrics = GatewayMetrics(factory: self.backend)
        return options
    }

    @Test("a RESUME, what it brings, and a close: each once") func connection() async throws {
        var options = self.options
        options.wanted = [.messageCreate]
        try await Rig.run(options) { peer, connection in
            guard connection == 1 else { return await peer.drain() }
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            for sequence in Int64(12)...14 { try await peer.send(Rig.dispatch(sequence)) }
            for sequence in Int64(15)...16 { try await peer.send(Rig.dispatch(sequence, "TYPING_START")) }
            try await peer.send(Rig.dispatch(17, "NOT_DOCUMENTED"))
            // Seen before: an anomaly.
            try await peer.send(Rig.dispatch(12))
            try await peer.send(.close(4000))
            await peer.drain()
        } body: { rig in
            await rig.recorder.wait { items in items.contains { if case .event(.disconnected) = $0 { true } else { false } } }
            var counted = self.backend.counted
            // Where it is by now, on its way to the next connection.
            for phase in ["waiting", "dialing"] { counted["shards{\(phase)}"] = nil }
            #expect(
                counted == [
                    "connections": 1, "resumes{resumed}": 1, "dispatches": 4, "pruned{TYPING_START}": 2, "pruned{other}": 1,
                    "anomalies{sequence_backwards}": 1, "disconnects{resume,4000,closed}": 1,
                ])
        }
        #expect(self.backend.counted.keys.filter { $0.hasPrefix("shards") } == [], "none runs any more")
    }

    @Test("a heartbeat's time there and back") func roundTrip() async throws {
        try await Rig.run(self.options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.fastHello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            try await peer.receive(op: 1)
            try await peer.send(Rig.ack)
            try await peer.send(Rig.dispatch(12))
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 12)
            let timer = try #require(self.backend.timers.first)
            #expect(timer.label == GatewayMetric.heartbeatRoundTrip.rawValue)
            #expect(timer.values.count == 1 && timer.values[0] > 0)
        }
    }

    // MARK: Dials

    @Test("a port where nobody listens is `connect`") func refused() async throws {
        let recorder = Recorder()
        let url = "ws://127.0.0.1:1"
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(0), numShards: 1, token: Secret("t"), intents: 0, gatewayURL: url,
                session: GatewaySession(sessionID: "stored", resumeGatewayURL: url, sequence: 10), metrics: GatewayMetrics(factory: self.backend)),
            handler: recorder, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await shard.run() }
            await recorder.wait { items in items.contains { if case .event(.disconnected) = $0 { true } else { false } } }
            shard.stop(.fence)
        }
        let counted = self.backend.counted
        #expect(Set(counted.keys) == ["dialFailures{connect}"])
    }

    @Test("a certificate that is not trusted is `tls`") func untrusted() async throws {
        let certificate = try TestCertificate()
        defer { certificate.remove() }
        var options = self.options
        options.tls = try certificate.serverContext()
        options.host = "localhost"
        try await self.expectDialFailure("tls", options) { peer in try await peer.upgrade() }
    }

    @Test("an answer that is no WebSocket is `upgrade`") func notUpgraded() async throws {
        try await self.expectDialFailure("upgrade", self.options) { peer in
            try await peer.write(Array("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".utf8))
        }
    }

    private func expectDialFailure(_ reason: String, _ options: Rig.Options, _ script: @escaping @Sendable (inout Peer) async throws -> Void) async throws {
        try await Rig.run(options) { peer, _ in
            try await script(&peer)
        } body: { rig in
            await rig.recorder.wait { items in items.contains { if case .event(.disconnected) = $0 { true } else { false } } }
            let names = self.backend.counted.keys.filter { !$0.hasPrefix("shards") }
            #expect(names == ["dialFailures{\(reason)}"])
        }
    }

    private struct NoAddress: Resolver, Error {
        let eventLoop: any EventLoop

        func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { self.eventLoop.makeFailedFuture(self) }
        func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { self.eventLoop.makeFailedFuture(self) }
        func cancelQueries() {}
    }

    @Test("a host without an address is `resolve`") func unresolved() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let dialer = WebSocketDialer(eventLoop: eventLoop, trust: .system, maxMessageBytes: 1000, resolver: NoAddress(eventLoop: eventLoop))
        let url = try #require(GatewayURL("ws://nowhere.example/", compression: .none))
        let error = await #expect(throws: NIOConnectionError.self) { try await dialer.dial(url, opened: { _ in }, upgraded: { _ in }).get() }
        #expect(error.map { DialFailure($0) } == .resolve)
    }

    @Test("what else may go wrong has a name, or is `other`") func otherErrors() {
        #expect(DialFailure(ChannelError.connectTimeout(.seconds(5))) == .timeout)
        #expect(DialFailure(IOError(errnoCode: 111, reason: "connect")) == .connect)
        #expect(DialFailure(OperatorMistake(what: "", why: "", fix: "")) == .tls)
        #expect(DialFailure(CancellationError()) == .other)
    }

    // MARK: Commands

    @Test("commands and requests for members, by their end") func commands() async throws {
        try await CommandRig.run(CommandRig.Options(metrics: GatewayMetrics(factory: self.backend))) { rig in
            let guild = Snowflake(rig.guilds[0])
            await rig.waitForReady()
            try await rig.shard.send(.requestChannelInfo(guildID: guild, fields: [.status]))
            _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: guild))
            await #expect(throws: CommandError.self) {
                _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: guild), within: .seconds(1))
            }
            rig.shard.stop(.fence)
            await #expect(throws: CommandError.notConnected) { try await rig.shard.send(.updatePresence(Presence()), within: .seconds(60)) }
            let counted = self.backend.counted
            // The command itself, and the payload of the first request; the second could not go out in time.
            #expect(counted["commands{sent}"] == 2)
            #expect(counted["commands{not_connected}"] == 1)
            #expect(counted["memberRequests{answered}"] == 1)
            #expect(counted["memberRequests{rate_limited}"] == 1)
            #expect(counted["identifies{ready}"] == 1)
        }
    }
}
