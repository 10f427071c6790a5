import GatewayClient
import GatewayModel
import NIOCore
import NIOPosix
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around one connection", .timeLimit(.minutes(1))) struct ConnectionDefectTests {
    /// RESUMEd on each connection; then `live`.
    private static func script(_ live: @escaping @Sendable (inout Peer, _ connection: Int) async throws -> Void) -> ScriptedServer.Script {
        { peer, connection in
            try await peer.upgrade(with: [.text(Rig.hello)])
            let resume = try await peer.receive(op: 6)
            let sequence = Int64(resume.split(separator: "\"seq\":")[1].prefix { $0.isNumber }) ?? -1
            try await peer.send(Rig.resumed(sequence + 1))
            try await live(&peer, connection)
            await peer.rest()
        }
    }

    @Test(
        "Defect 3: bad JSON costs the connection, which is closed, not the shard",
        arguments: [#"{"t":"MESSAGE_CREATE","s":12,"op":0,"d":{"id":"1"#, "", "\u{0}"])
    func defect03BadJSON(text: String) async throws {
        try await Rig.run(
            script: Self.script { peer, connection in
                try await peer.send(connection == 1 ? text : Rig.dispatch(12))
            }
        ) { rig in
            await rig.recorder.wait { items in items.contains { if case .event(.anomaly) = $0 { true } else { false } } }
            await rig.wait(forDispatch: 12)
            #expect(rig.server.frames.closeCodes.first == 4000)
        }
    }

    @Test("Defect 5: a burst of 20,000 events for a handler that does not keep up is delivered whole and in order") func defect05Burst() async throws {
        let last: Int64 = 20_011
        try await Rig.run(
            script: Self.script { peer, _ in
                var bytes: [UInt8] = []
                for sequence in Int64(12)...last { bytes += Frame.text(Rig.dispatch(sequence)).bytes }
                try await peer.write(bytes)
            }
        ) { rig in
            await rig.wait(forDispatch: 12)
            rig.recorder.pauses(true)
            while (rig.recorder.sequences.last ?? 0) < last {
                // Every event is answered by a request to pause.
                let seen = rig.recorder.sequences.count
                if seen > 1000 { rig.recorder.pauses(false) }
                rig.shard.resumeReading()
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(rig.recorder.sequences == Array(11...last))
        }
    }

    @Test("Defect 11: the heart beats through a flood of events") func defect11Flood() async throws {
        try await Rig.run { peer, connection in
            try await peer.upgrade(with: [.text(Rig.fastHello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            let writer = peer.outbound
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    var sequence: Int64 = 12
                    while !Task.isCancelled {
                        var bytes: [UInt8] = []
                        for _ in 0..<200 {
                            bytes += Frame.text(Rig.dispatch(sequence)).bytes
                            sequence += 1
                        }
                        // In the stream, since an answer to a beat would stand in line behind all that is under way.
                        bytes += Frame.text(Rig.ack).bytes
                        try await writer.write(ByteBuffer(bytes: bytes))
                    }
                }
                for _ in 0..<3 { try await peer.receive(op: 1) }
                tasks.cancelAll()
            }
            await peer.rest()
        } body: { rig in
            await rig.recorder.wait { $0.count > 1000 }
            let start = ContinuousClock.now
            while rig.server.frames.all.count(where: { $0.opcode == 1 }) < 4 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(rig.server.frames.closeCodes == [])
        }
    }

    @Test("Defect 25: base URL and resume URL ask for the one version that library and tests speak of", arguments: [false, true])
    func defect25Version(hasSession: Bool) async throws {
        var options = Rig.Options()
        options.hasSession = hasSession
        let (requests, requested) = AsyncStream<String>.makeStream()
        try await Rig.run(options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            requested.yield(peer.request)
            await peer.rest()
        } body: { rig in
            if !hasSession {
                await rig.recorder.wait(for: .phase(.awaitingPermit))
                rig.shard.offer(Rig.permit)
            }
            for await request in requests {
                #expect(request.hasPrefix("GET /gateway?v=10&encoding=json HTTP/1.1\r\n"))
                break
            }
        }
    }

    @Test("Defect 27: the first IDENTIFY already names the shard and the size of its set") func defect27Shard() async throws {
        var options = Rig.Options()
        options.hasSession = false
        try await Rig.run(options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            let identify = try await peer.receive(op: 2)
            #expect(identify.contains(#""shard":[3,16]"#))
            try await peer.send(
                Rig.dispatch(1, "READY", data: #"{"session_id":"s","resume_gateway_url":"ws://127.0.0.1:\#(peer.channel.localAddress?.port ?? 0)"}"#))
            await peer.rest()
        } body: { rig in
            await rig.identify()
        }
    }

    @Test("Defect 33: HELLO in the same segment as the 101 response is read") func defect33EarlyHello() async throws {
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello), .text(#"{"t":null,"s":null,"op":1,"d":null}"#)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            await peer.rest()
        } body: { rig in
            await rig.recorder.wait(for: .phase(.live))
            #expect(!rig.recorder.events.contains { if case .disconnected = $0 { true } else { false } })
        }
    }

    @Test("Defect 34: answers to op 1, pongs and whatever else is written at once leave whole frames") func defect34Writers() async throws {
        try await Rig.run(
            script: Self.script { peer, _ in
                for number in 0..<1000 { try await peer.send(.text(#"{"op":1,"d":null}"#), .ping("\(number)")) }
                var pongs = 0
                var beats = 0
                while pongs < 1000 || beats < 1000 {
                    let frame = try await peer.receive()
                    switch frame.opcode {
                    case 10:
                        #expect(frame.payload == Array("\(pongs)".utf8))
                        pongs += 1
                    case 1:
                        #expect(String(decoding: frame.payload, as: UTF8.self).hasPrefix("{\"op\":1,\"d\":"))
                        beats += 1
                    default: #expect(Bool(false), "a frame of opcode \(frame.opcode)")
                    }
                }
                try await peer.send(Rig.dispatch(12))
            }
        ) { rig in
            await rig.wait(forDispatch: 12)
        }
    }

    @Test("Defect 34: eight tasks that send at once, among heartbeats that Discord asks for, leave whole frames") func defect34Senders() async throws {
        try await Rig.run(
            script: Self.script { peer, _ in
                for _ in 0..<10 { try await peer.send(.text(#"{"op":1,"d":null}"#)) }
                var beats = 0
                var commands: Set<String> = []
                while beats < 10 || commands.count < 80 {
                    let text = try await peer.receiveText()
                    if text.hasPrefix("{\"op\":1,") { beats += 1 } else { commands.insert(text) }
                }
                #expect(commands.allSatisfy { $0.hasPrefix("{\"op\":99,\"d\":\"") && $0.hasSuffix("end\"}") })
                try await peer.send(Rig.dispatch(12))
            }
        ) { rig in
            await rig.recorder.wait(for: .phase(.live))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for task in 0..<8 {
                    tasks.addTask {
                        for number in 0..<10 {
                            let text = "\(task).\(number)" + String(repeating: "x", count: number * 300) + "end"
                            try await rig.shard.send(.raw(op: 99, data: .string(text)))
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            await rig.wait(forDispatch: 12)
        }
    }

    @Test("Defect 41: after op 7 and op 9 the socket is closed at once", arguments: [#"{"op":7,"d":null}"#, #"{"op":9,"d":false}"#, #"{"op":9,"d":true}"#])
    func defect41SocketEnds(payload: String) async throws {
        let (ends, ended) = AsyncStream<Duration>.makeStream()
        try await Rig.run(
            script: Self.script { peer, connection in
                guard connection == 1 else { return }
                let start = ContinuousClock.now
                try await peer.send(payload)
                while (try? await peer.receive()) != nil {}
                ended.yield(ContinuousClock.now - start)
            }
        ) { rig in
            for await duration in ends {
                // The peer does not answer the close frame: TCP ends after a second all the same.
                #expect(duration < .seconds(15))
                break
            }
            #expect(rig.server.frames.closeCodes.first == 4000)
        }
    }

    @Test("Defect 41: cancelling ends a shard soon, also when nothing comes in and nobody flushes") func defect41Cancel() async throws {
        let server = try await ScriptedServer.listen()
        let recorder = Recorder()
        let url = "ws://127.0.0.1:\(server.port)/gateway"
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(0), numShards: 1, token: Secret("t"), intents: 0, gatewayURL: url,
                session: GatewaySession(sessionID: "s", resumeGatewayURL: url, sequence: 10), compression: .none),
            handler: recorder, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: Rig.Options().logger)
        await withTaskGroup(of: ShardEnd?.self) { tasks in
            tasks.addTask {
                try? await server.run(Self.script { _, _ in })
                return nil
            }
            await withTaskGroup(of: ShardEnd.self) { shards in
                shards.addTask { await shard.run() }
                await recorder.wait(for: .phase(.live))
                let start = ContinuousClock.now
                shards.cancelAll()
                let end = await shards.next()
                #expect(ContinuousClock.now - start < .seconds(15))
                guard case .stopped(.some)? = end else { return #expect(Bool(false), "\(String(describing: end))") }
            }
            tasks.cancelAll()
        }
        #expect(server.frames.closeCodes == [4000])
    }

    @Test("Defect 41: a shard number that the set does not have, and an IDENTIFY beyond 4096 bytes, are refused at the start") func defect41Checked() {
        func configuration(shard: Int, token: String = "t") -> GatewayShardConfiguration {
            GatewayShardConfiguration(shard: ShardID(shard), numShards: 16, token: Secret(token), intents: 0, gatewayURL: "ws://h")
        }
        #expect(throws: Never.self) { try configuration(shard: 15).check() }
        for shard in [16, 17, -1] { #expect(throws: OperatorMistake.self) { try configuration(shard: shard).check() } }
        #expect(throws: OperatorMistake.self) { try configuration(shard: 0, token: String(repeating: "x", count: 4096)).check() }
    }

    @Test("Defect 44: a session that ends for good is closed with 1000 on the wire, and TCP ends") func defect44NormalClose() async throws {
        let (ends, ended) = AsyncStream<Void>.makeStream()
        try await Rig.run(
            script: Self.script { peer, _ in
                await peer.rest()
                ended.yield()
            }
        ) { rig in
            await rig.recorder.wait(for: .phase(.live))
            rig.shard.stop(.retire)
            #expect(await rig.shard.run() == .stopped(nil))
            for await _ in ends { break }
            #expect(rig.server.frames.closeCodes == [1000])
        }
    }

    @Test("Defect 47: a close reason may hold anything: the code and the text arrive", arguments: ["say \"no\"", "back\\slash", "\u{0}\n", "né"])
    func defect47Reason(reason: String) async throws {
        try await Rig.run(
            script: Self.script { peer, connection in
                guard connection == 1 else { return }
                try await peer.send(Frame(opcode: 8, payload: [0x0F, 0xA8] + Array(reason.utf8)))
            }
        ) { rig in
            await rig.recorder.wait(for: .disconnected(code: 4008, reason: reason, .resume))
        }
    }

    @Test("Defect 47: calls on a shard that has ended do nothing, and nothing panics") func defect47AfterTheEnd() async throws {
        try await Rig.run(script: Self.script { _, _ in }) { rig in
            await rig.recorder.wait(for: .phase(.live))
            rig.shard.stop(.fence)
            let end = await rig.shard.run()
            for mode in StopMode.allCases { rig.shard.stop(mode) }
            rig.shard.offer(Rig.permit)
            rig.shard.grant(Rig.permit, validUntil: BootClock.now)
            rig.shard.accepted(sequence: 99, sessionID: "stored")
            rig.shard.flushed()
            rig.shard.resumeReading()
            rig.shard.setAuthority(.unlimited)
            #expect(await rig.shard.run() == end)
        }
    }
}
