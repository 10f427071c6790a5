import GatewayClient
import GatewayModel
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around payloads", .timeLimit(.minutes(1))) struct PayloadDefectTests {
    private static func noise(_ count: Int) -> String {
        var seed: UInt64 = 88_172_645_463_325_252
        return String(
            decoding: (0..<count).map { _ in
                seed ^= seed << 13
                seed ^= seed >> 7
                seed ^= seed << 17
                return UInt8(ascii: "!") + UInt8(seed % 90)
            }.map { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? UInt8(ascii: "x") : $0 }, as: UTF8.self)
    }

    @Test(
        "Defect 6: payloads of any size inflate whole, and nothing of one is found in the next", arguments: [0, 1, 1_048_575, 1_048_576, 1_048_577, 3_000_000])
    func defect06Sizes(count: Int) async throws {
        var options = Rig.Options()
        options.compression = .zlibStream
        // Repetitive (a thousandth on the wire) and noise (as large as it was).
        let texts = [String(repeating: "a", count: count), Self.noise(count)]
        try await Rig.run(options) { peer, _ in
            let deflater = Deflater()
            try await peer.upgrade(with: [.binary(deflater.deflate(Rig.hello))])
            try await peer.receive(op: 6)
            try await peer.send(.binary(deflater.deflate(Rig.resumed(11))))
            for (index, text) in texts.enumerated() {
                try await peer.send(.binary(deflater.deflate(Rig.dispatch(Int64(12 + 2 * index), data: "\"\(text)\""))))
                try await peer.send(.binary(deflater.deflate(Rig.dispatch(Int64(13 + 2 * index)))))
            }
            await peer.rest()
        } body: { rig in
            await rig.wait(forDispatch: 15)
            let bodies = rig.recorder.items.compactMap { if case .dispatch(12..., _, let data) = $0 { data } else { nil } }
            #expect(bodies == ["\"\(texts[0])\"", #"{"id":"1"}"#, "\"\(texts[1])\"", #"{"id":"1"}"#])
        }
    }

    @Test("Defect 6: a payload that is larger compressed than plain inflates", arguments: [1, 2, 3, 7]) func defect06Tiny(pieces: Int) async throws {
        var options = Rig.Options()
        options.compression = .zlibStream
        try await Rig.run(options) { peer, _ in
            let deflater = Deflater()
            try await peer.upgrade(with: [.binary(deflater.deflate(Rig.hello))])
            try await peer.receive(op: 6)
            try await peer.send(.binary(deflater.deflate(Rig.resumed(11))))
            // Each payload in so many messages: the marker, not the message, ends it.
            let bytes = deflater.deflate(Rig.dispatch(12, data: "{\"x\":\"\(Self.noise(100))\"}"))
            let size = (bytes.count + pieces - 1) / pieces
            for start in stride(from: 0, to: bytes.count, by: size) {
                try await peer.send(.binary(Array(bytes[start..<min(bytes.count, start + size)])))
            }
            await peer.rest()
        } body: { rig in
            await rig.wait(forDispatch: 12)
        }
    }

    @Test("Defect 39: the data of a pruned event is not looked at, and its sequence counts") func defect39Pruned() async throws {
        var options = Rig.Options()
        options.wanted = [.messageCreate]
        try await Rig.run(options) { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            try await peer.receive(op: 6)
            try await peer.send(Rig.resumed(11))
            // Whoever read it would close the connection for it.
            try await peer.send(#"{"t":"TYPING_START","s":12,"op":0,"d":{"not":JSON]}"#)
            try await peer.send(Rig.dispatch(13))
            await peer.rest()
        } body: { rig in
            await rig.wait(forDispatch: 13)
            #expect(rig.recorder.sequences == [11, 13])
            #expect(rig.server.frames.closeCodes == [])
        }
    }

    @Test("Defect 40: binary messages are read, not thrown away") func defect40Binary() async throws {
        try await Rig.run { peer, _ in
            try await peer.upgrade(with: [.binary(Array(Rig.hello.utf8))])
            try await peer.receive(op: 6)
            try await peer.send(.binary(Array(Rig.resumed(11).utf8)))
            try await peer.send(.binary(Array(Rig.dispatch(12).utf8)))
            await peer.rest()
        } body: { rig in
            await rig.wait(forDispatch: 12)
        }
    }

    #if canImport(Glibc)
        /// `read` calls of this process so far.
        private static func reads() throws -> Int {
            guard let file = fopen("/proc/self/io", "r") else { throw Missing() }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                if text.hasPrefix("syscr: "), let count = Int(text.dropFirst(7).filter(\.isNumber)) { return count }
            }
            throw Missing()
        }

        private struct Missing: Error {}

        @Test("Defect 40: a flood costs less than one read call for each event") func defect40Reads() async throws {
            let count: Int64 = 20_000
            try await Rig.run { peer, _ in
                try await peer.upgrade(with: [.text(Rig.hello)])
                try await peer.receive(op: 6)
                try await peer.send(Rig.resumed(11))
                var bytes: [UInt8] = []
                for sequence in 12..<(12 + count) { bytes += Frame.text(Rig.dispatch(sequence, data: "\"\(String(repeating: "x", count: 1000))\"")).bytes }
                try await peer.write(bytes)
                await peer.rest()
            } body: { rig in
                await rig.recorder.wait(for: .phase(.live))
                let before = try Self.reads()
                await rig.wait(forDispatch: 11 + count)
                #expect(try Self.reads() - before < Int(count))
            }
        }
    #endif
}
