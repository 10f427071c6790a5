import GatewayClient
import GatewayModel
import Testing

@Suite("Bad input from the gateway", .timeLimit(.minutes(1))) struct BadInputTests {
    /// Counted, left with 4000, resumed: whatever came.
    private func isSurvived(_ options: Rig.Options = Rig.Options(), _ bad: @escaping @Sendable (inout Peer, Deflater) async throws -> Void) async throws {
        try await Rig.run(options) { peer, connection in
            let deflater = Deflater()
            let isCompressed = options.compression == .zlibStream
            func frame(_ text: String) -> Frame { isCompressed ? .binary(deflater.deflate(text)) : .text(text) }
            try await peer.upgrade(with: [frame(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(frame(Rig.resumed(connection == 1 ? 11 : 12)))
            if connection == 1 { try await bad(&peer, deflater) }
            await peer.drain()
        } body: { rig in
            await rig.waitForAnomaly()
            await rig.wait(forDispatch: 12)
            #expect(rig.recorder.sequences == [11, 12])
            #expect(rig.server.frames.closeCodes == [4000])
        }
    }

    @Test(
        "is survived: JSON that is none",
        arguments: [
            "", "not JSON", #"{"op":0,"s":12,"t":"X","d":{"a":}}"#, #"{"op":0,"s":12,"d":{}}"#, #"{"op":0,"s":null,"t":"X"}"#, #"{"op":9,"d":1}"#,
            #"{"op":0,"s":12,"t":"READY","d":{}}"#, "[]",
            #"{"op":0,"s":12,"t":"READY","d":{"session_id":"\#(String(repeating: "s", count: 129))","resume_gateway_url":"ws://x"}}"#,
            #"{"op":0,"s":12,"t":"READY","d":{"session_id":"other","resume_gateway_url":"ws://x"}}"#,
        ]) func json(text: String) async throws
    {
        try await self.isSurvived { peer, _ in try await peer.send(text) }
    }

    @Test("is survived: bytes that are no UTF-8") func encoding() async throws {
        try await self.isSurvived { peer, _ in
            try await peer.send(Frame(opcode: 1, payload: Array(#"{"op":0,"s":12,"t":"X","d":""#.utf8) + [0xFF] + Array(#""}"#.utf8)))
        }
    }

    @Test(
        "is survived: broken framing",
        arguments: [
            [Frame(opcode: 1, payload: [], fin: true, reserved: 0x40)], [Frame(opcode: 3, payload: [])], [.continuation("x", fin: true)],
            [.text("{", fin: false), .text("}")],
        ]) func framing(frames: [Frame]) async throws
    {
        try await self.isSurvived { peer, _ in for frame in frames { try await peer.send(frame) } }
    }

    @Test("is survived: a message beyond the bound, in one frame or in many", arguments: [true, false]) func tooLarge(inOne: Bool) async throws {
        var options = Rig.Options()
        options.limits.maxMessageBytes = 100_000
        try await self.isSurvived(options) { peer, _ in
            let part = String(repeating: "x", count: inOne ? 100_001 : 40_000)
            if inOne { return try await peer.send(Rig.dispatch(12, data: "\"\(part)\"")) }
            try await peer.send(.text(part, fin: false), .continuation(part, fin: false), .continuation(part, fin: false))
        }
    }

    @Test("is survived: a truncated zlib stream, a corrupt one, one that ends", arguments: 0..<3) func zlib(kind: Int) async throws {
        var options = Rig.Options()
        options.compression = .zlibStream
        try await self.isSurvived(options) { peer, deflater in
            let payload = deflater.deflate(Rig.dispatch(12, data: "\"\((0..<200).map { "\($0 * 7919)" }.joined())\""))
            switch kind {
            case 0:
                try await peer.send(.binary(Array(payload.prefix(payload.count / 2))))
                // What comes next is read as the rest of that block: no payload ends before it makes no sense as such.
                for sequence in Int64(13)...60 {
                    let digits = (0..<40).map { "\($0 * 6151 + Int(sequence))" }.joined()
                    try await peer.send(.binary(deflater.deflate(Rig.dispatch(sequence, data: "\"\(digits)\""))))
                }
            case 1: try await peer.send(.binary([0xFF, 0xFF, 0x00, 0x12, 0x00, 0x00, 0xFF, 0xFF]))
            default: try await peer.send(.binary([0x03, 0x00, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]))
            }
        }
    }

    @Test("is survived: a zlib bomb") func bomb() async throws {
        var options = Rig.Options()
        options.compression = .zlibStream
        options.limits.maxInflatedBytes = 1 << 20
        try await self.isSurvived(options) { peer, deflater in
            try await peer.send(.binary(deflater.deflate(Rig.dispatch(12, data: "\"\(String(repeating: "0", count: 20 << 20))\""))))
        }
    }

    @Test("s going backwards is counted, and changes nothing") func backwards() async throws {
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            try await peer.send(Rig.dispatch(5))
            try await peer.send(Rig.dispatch(12))
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 12)
            await rig.waitForAnomaly()
            #expect(rig.recorder.sequences == [11, 12])
        }
    }

    @Test("unknown opcodes and events are not bad") func unknown() async throws {
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            try await peer.send(#"{"op":200,"d":{},"new":[1]}"#)
            try await peer.send(Rig.dispatch(12, "SOMETHING_NEW"))
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 12)
            #expect(rig.recorder.items.contains(.dispatch(12, type: "SOMETHING_NEW", data: #"{"id":"1"}"#)))
        }
    }
}
