import GatewayClient
import GatewayModel
import Logging
import NIOCore
import NIOPosix
import Testing

@Suite("Close codes on the wire", .timeLimit(.minutes(1))) struct CloseCodeTests {
    private static let live: ScriptedServer.Script = { peer, connection in
        try await peer.upgrade(with: [.text(Rig.hello)])
        try await peer.receive(op: 6)
        try await peer.send(Rig.resumed(Int64(10 + connection)))
        while true {
            let frame = try await peer.receive()
            if let code = frame.closeCode { return try await peer.send(.close(code)) }
        }
    }

    @Test("are 4000, and 1000 only to retire a session", arguments: StopMode.allCases) func stop(mode: StopMode) async throws {
        try await Rig.run(script: Self.live) { rig in
            await rig.recorder.wait(for: .phase(.live))
            rig.shard.stop(mode)
            if mode == .handOff {
                await rig.recorder.wait(for: .phase(.stopping))
                rig.shard.accepted(sequence: 11, sessionID: "stored")
                rig.shard.flushed()
            }
            let end = await rig.shard.run()
            while rig.server.frames.closeCodes.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            #expect(rig.server.frames.closeCodes == [mode == .retire ? 1000 : 4000])
            guard case .stopped(let session) = end else { return #expect(Bool(false), "\(end)") }
            #expect(session?.sequence == [.handOff: 11, .fence: 10][mode])
        }
    }

    @Test("1000 lets what was in flight come in, before the gap") func retireInFlight() async throws {
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            while try await peer.receive().closeCode != 1000 {}
            // Sent before the server saw the close frame, as far as the client can tell.
            for sequence in Int64(12)...50 { try await peer.send(Rig.dispatch(sequence)) }
            try await peer.send(.close(1000))
        } body: { rig in
            await rig.recorder.wait(for: .phase(.live))
            rig.shard.stop(.retire)
            #expect(await rig.shard.run() == .stopped(nil))
            #expect(rig.recorder.sequences == Array(11...50))
            guard case .event(.gap(.resharded, let session)) = rig.recorder.items.last else {
                return #expect(Bool(false), "\(String(describing: rig.recorder.items.last))")
            }
            #expect(session?.sequence == 50)
            #expect(rig.server.frames.closeCodes == [1000])
        }
    }

    @Test("are 4000 when the task is cancelled") func cancellation() async throws {
        try await Rig.run(script: Self.live) { rig in
            await rig.recorder.wait(for: .phase(.live))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await rig.shard.run() }
                group.cancelAll()
            }
            while rig.server.frames.closeCodes.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            #expect(rig.server.frames.closeCodes == [4000])
        }
    }

    @Test("of the server are not echoed, since 1000 or 1001 from us would end the session", arguments: [UInt16(1000), 1001, 4000]) func echo(code: UInt16)
        async throws
    {
        try await Rig.run { peer, connection in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(Int64(10 + connection)))
            if connection == 1 { try await peer.send(.close(code)) }
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 12)
            #expect(rig.server.frames.closeCodes == [])
        }
    }

    @Test("that are fatal end the run", arguments: [UInt16(4004), 4011, 4014]) func fatal(code: UInt16) async throws {
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(.close(code))
            await peer.drain()
        } body: { rig in
            #expect(await rig.shard.run() == .fatal(code: code, CloseDisposition.after(code: code)))
            #expect(rig.recorder.events.suffix(2) == [.sessionLost, .phase(.failed)])
            #expect(rig.recorder.events.contains { if case .gap(.sessionLost, _) = $0 { true } else { false } })
        }
    }

    @Test("mean what the configuration says, where it may") func overrides() async throws {
        var options = Rig.Options()
        options.closeOverrides = [4009: .resume, 4000: .stopApplication]
        try await Rig.run(options) { peer, connection in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(Int64(10 + connection)))
            try await peer.send(.close(connection == 1 ? 4009 : 4000))
        } body: { rig in
            #expect(await rig.shard.run() == .fatal(code: 4000, .stopApplication))
            #expect(rig.recorder.events.count { $0 == .phase(.live) } == 2)
        }
    }

    @Test("of which one may not mean what the configuration says are refused in one line") func refusedOverrides() {
        var configuration = GatewayShardConfiguration(shard: ShardID(0), numShards: 1, token: Secret("t"), intents: 0, gatewayURL: "ws://h")
        configuration.closeOverrides = [4000: .identify, 4009: .resume, 4999: .stopShardSet, 4013: .stopShardSet]
        #expect(throws: Never.self) { try configuration.check() }
        configuration.closeOverrides[4004] = .resume
        #expect(throws: OperatorMistake.self) { try configuration.check() }
        configuration.closeOverrides = [4014: .identify]
        #expect(throws: OperatorMistake.self) { try configuration.check() }
        #expect(throws: OperatorMistake.self) {
            try ShardGroup(ShardGroupConfiguration(shard: configuration), shards: ShardState.all(of: 1), gate: ForbiddenGate())
        }
    }

    @Test("are none where the event loops end under a live shard") func shutdown() async throws {
        let server = try await ScriptedServer.listen()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let recorder = Recorder()
        let url = "ws://127.0.0.1:\(server.port)"
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(0), numShards: 1, token: Secret("t"), intents: 0, gatewayURL: url,
                session: GatewaySession(sessionID: "stored", resumeGatewayURL: url, sequence: 10), compression: .none),
            handler: recorder, eventLoop: group.next(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await server.run(Self.live) }
            tasks.addTask { _ = await shard.run() }
            await recorder.wait(for: .phase(.live))
            shard.stop(.fence)
            _ = await shard.run()
            try? await group.shutdownGracefully()
            tasks.cancelAll()
        }
        #expect(server.frames.closeCodes.allSatisfy { $0 == 4000 })
    }
}
