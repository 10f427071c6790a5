import GatewayClient
import GatewayModel
import Testing

@Suite("zlib-stream", .timeLimit(.minutes(1))) struct CompressionTests {
    @Test("is one stream over many messages, a payload over several of them, large ones too") func stream() async throws {
        var options = Rig.Options()
        options.compression = .zlibStream
        let big = (0..<400_000).map { "\($0 &* 2_654_435_761 % 1_000_003)" }.joined(separator: ",")
        try await Rig.run(options) { peer, _ in
            let deflater = Deflater()
            let hello = deflater.deflate(Rig.hello)
            try await peer.upgrade(with: [.binary(Array(hello.prefix(7))), .binary(Array(hello.dropFirst(7)))])
            #expect(peer.request.hasPrefix("GET /gateway?v=10&encoding=json&compress=zlib-stream HTTP/1.1\r\n"))
            try await peer.receive(op: 6)
            try await peer.send(.binary(deflater.deflate(Rig.resumed(11))))
            for sequence in Int64(12)...200 { try await peer.send(.binary(deflater.deflate(Rig.dispatch(sequence)))) }
            try await peer.send(.binary(deflater.deflate(Rig.dispatch(201, data: "[\(big)]"))))
            await peer.drain()
        } body: { rig in
            await rig.wait(forDispatch: 201)
            #expect(rig.recorder.sequences == Array(11...201))
            #expect(rig.recorder.items.last == .dispatch(201, type: "MESSAGE_CREATE", data: "[\(big)]"))
        }
    }
}
