import GatewayClient
import GatewayModel
import NIOCore
import Testing

@Suite("A shard on a real socket", .timeLimit(.minutes(1))) struct ConnectionTests {
    @Test("identifies, with HELLO in the same segment as the upgrade response") func identifies() async throws {
        var options = Rig.Options()
        options.hasSession = false
        try await Rig.run(options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            #expect(peer.request.hasPrefix("GET /gateway?v=10&encoding=json HTTP/1.1\r\n"))
            let identify = try await peer.receive(op: 2)
            #expect(
                identify
                    == #"{"op":2,"d":{"token":"a\"token","intents":513,"shard":[3,16],"properties":{"os":"linux","browser":"muster","device":"muster"}}}"#)
            try await peer.send(Rig.dispatch(1, "READY", data: #"{"v":10,"session_id":"new","resume_gateway_url":"ws://127.0.0.1:1"}"#))
            try await peer.send(Rig.dispatch(2, data: #"{ "kept" : [1,  2.0, "\u00e9é"] }"#))
            await peer.drain()
        } body: { rig in
            await rig.identify()
            await rig.wait(forDispatch: 2)
            let session = GatewaySession(sessionID: "new", resumeGatewayURL: "ws://127.0.0.1:1", sequence: 0)
            #expect(rig.recorder.events.contains(.identified(Rig.permit, .ready, session)))
            #expect(rig.recorder.items.last == .dispatch(2, type: "MESSAGE_CREATE", data: #"{ "kept" : [1,  2.0, "\u00e9é"] }"#))
        }
    }

    @Test("takes the base URL for a resume URL of more than 2048 bytes", arguments: [2048, 2049]) func longURL(bytes: Int) async throws {
        var options = Rig.Options()
        options.hasSession = false
        let url = "ws://127.0.0.1:1/" + String(repeating: "x", count: bytes - 17)
        let sessionID = String(repeating: "s", count: 128)
        try await Rig.run(options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 2)
            try await peer.send(Rig.dispatch(1, "READY", data: #"{"session_id":"\#(sessionID)","resume_gateway_url":"\#(url)"}"#))
            await peer.drain()
        } body: { rig in
            await rig.identify()
            let expected = bytes == 2048 ? url : "ws://127.0.0.1:\(rig.server.port)/gateway"
            let session = GatewaySession(sessionID: sessionID, resumeGatewayURL: expected, sequence: 0)
            #expect(rig.recorder.events.contains(.ready(session)))
        }
    }

    @Test("resumes, and RESUMEs again from what was accepted after a FIN and after a reset", arguments: [true, false]) func ends(byReset: Bool) async throws {
        try await Rig.run { peer, connection in
            try await peer.upgrade(with: [.text(Rig.hello)])
            let resume = try await peer.receive(op: 6)
            #expect(resume == #"{"op":6,"d":{"token":"a\"token","session_id":"stored","seq":\#(connection == 1 ? 10 : 12)}}"#)
            if connection == 1 {
                try await peer.send(Rig.dispatch(11))
                try await peer.send(Rig.resumed(12))
                try await peer.send(Rig.dispatch(13))
                // Until the client has accepted: it answers op 1 with that.
                while try await !peer.receiveAccepted(12) {}
                if byReset { try await peer.reset() }
            } else {
                try await peer.send(Rig.dispatch(13))
                try await peer.send(Rig.resumed(14))
                await peer.drain()
            }
        } body: { rig in
            await rig.wait(forDispatch: 13)
            rig.shard.accepted(sequence: 12, sessionID: "stored")
            await rig.wait(forDispatch: 14)
            #expect(rig.recorder.sequences == [11, 12, 13, 14])
            #expect(rig.server.frames.closeCodes == [])
        }
    }

    @Test("reads fragments, an empty last fragment, pings in between, and frames of many megabytes") func frames() async throws {
        let big = String(repeating: "x", count: 5 << 20)
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            let text = Rig.dispatch(12)
            let parts = [text.prefix(5), text.dropFirst(5).prefix(7), text.dropFirst(12)].map { String($0) }
            try await peer.send(.text(parts[0], fin: false), .continuation(parts[1], fin: false), .ping("now"))
            try await peer.send(.continuation("", fin: false), .continuation(parts[2], fin: false), .continuation("", fin: true))
            try await peer.send(.text("", fin: false), .continuation(Rig.dispatch(13), fin: true))
            // Byte by byte.
            for byte in Frame.text(Rig.dispatch(14)).bytes { try await peer.write([byte]) }
            try await peer.send(Rig.dispatch(15, data: "\"\(big)\""))
            try await peer.send(Rig.dispatch(16))
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 16)
            #expect(rig.recorder.sequences == [11, 12, 13, 14, 15, 16])
            #expect(rig.recorder.items.contains(.dispatch(15, type: "MESSAGE_CREATE", data: "\"\(big)\"")))
            let pong = Frame(opcode: 10, payload: Array("now".utf8))
            while !rig.server.frames.all.contains(pong) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("obeys op 7 before HELLO") func reconnectFirst() async throws {
        try await Rig.run { peer, connection in
            try await peer.upgrade(with: [.text(connection == 1 ? #"{"op":7,"d":null}"# : Rig.hello)])
            if connection == 1 { return await peer.drain() }
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            await peer.drain()
        } body: { rig in
            await rig.recorder.wait(for: .phase(.live))
            #expect(rig.server.frames.closeCodes == [4000])
        }
    }

    @Test("beats, answers op 1, and leaves a server that answers no beat") func heartbeats() async throws {
        try await Rig.run { peer, connection in
            try await peer.upgrade(with: [.text(Rig.fastHello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(connection == 1 ? 11 : 12))
            if connection == 1 {
                for _ in 0..<2 {
                    #expect(try await peer.receive(op: 1) == #"{"op":1,"d":10}"#)
                    try await peer.send(Rig.ack)
                }
                try await peer.send(#"{"op":1,"d":null}"#)
            }
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 12)
            #expect(rig.server.frames.closeCodes == [4000])
            #expect(rig.recorder.events.contains(.disconnected(code: nil, reason: "no heartbeat ACK", .resume)))
        }
    }

    @Test("stops reading when asked, beats on, and loses nothing") func backPressure() async throws {
        let bytes = String(repeating: "y", count: 64 << 10)
        var options = Rig.Options()
        options.pauses = true
        try await Rig.run(options) { peer, connection in
            #expect(connection == 1)
            try await peer.upgrade(with: [.text(#"{"op":10,"d":{"heartbeat_interval":3000}}"#)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            // More than sockets buffer: these writes wait for the reader.
            let outbound = peer.outbound
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for sequence in Int64(12)...130 {
                        try await outbound.write(ByteBuffer(bytes: Frame.text(Rig.dispatch(sequence, data: "\"\(bytes)\"")).bytes))
                    }
                }
                // It beats on, and nobody answers.
                for _ in 0..<2 { try await peer.receive(op: 1) }
                try await group.waitForAll()
            }
            while true {
                try await peer.receive(op: 1)
                try await peer.send(Rig.ack)
            }
        } body: { rig in
            await rig.wait(forDispatch: 11)
            // RESUME and two beats.
            while rig.server.frames.all.count < 3 { try await Task.sleep(for: .milliseconds(20)) }
            // One for each time that reading was allowed, and no more.
            #expect(rig.recorder.sequences == [11])
            rig.shard.resumeReading()
            await rig.wait(forDispatch: 12)
            #expect(rig.recorder.sequences == [11, 12])
            rig.recorder.pauses(false)
            rig.shard.resumeReading()
            await rig.wait(forDispatch: 130)
            #expect(rig.recorder.sequences == Array(11...130))
        }
    }

    @Test("gives up a server that does not upgrade, and tries the base URL, then again") func noUpgrade() async throws {
        try await Rig.run { peer, connection in
            if connection == 1 { return try await peer.write(Array("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".utf8)) }
            if connection == 2 { return try await peer.write(Array("no HTTP at all\r\n\r\n".utf8)) }
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            await peer.drain()
        } body: { rig in
            await rig.recorder.wait(for: .phase(.live))
        }
    }
}

extension Peer {
    /// Asks for a heartbeat and looks at what was accepted.
    fileprivate mutating func receiveAccepted(_ sequence: Int64) async throws -> Bool {
        try await self.send(#"{"op":1,"d":null}"#)
        return try await self.receive(op: 1) == #"{"op":1,"d":\#(sequence)}"#
    }
}
