import ClusterTestKit
import GatewayClient
import NIOCore
import Testing

@Suite("The inflater") struct PayloadInflaterTests {
    static func inflater(_ compression: GatewayCompression, cap: Int = 64 << 20, pool: InflateBufferPool = InflateBufferPool()) throws -> PayloadInflater {
        try PayloadInflater(compression: compression, limits: GatewayLimits(maxInflatedBytes: cap), pool: pool)
    }

    /// Of any size up to the bound, from what packs a thousandfold to what does not pack at all.
    static func payload(upTo bound: Int, using random: inout SeededGenerator) -> [UInt8] {
        // zlib flushes nothing twice: an empty payload after another has no message.
        let count = 1 + Int.random(in: 0..<bound, using: &random) >> Int.random(in: 0...20, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: return [UInt8](repeating: 0, count: count)
        case 1: return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        default: return (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) & 0x3F }
        }
    }

    /// Cuts a payload's bytes into messages, at the places named.
    static func messages(_ bytes: [UInt8], cutAt cuts: [Int]) -> [ByteBuffer] {
        let ends = ([0] + cuts.sorted() + [bytes.count])
        return zip(ends, ends.dropFirst()).map { ByteBuffer(bytes: bytes[$0..<$1]) }
    }

    @Test("defect 6: gives back payloads of 1 B to 5 MiB, however they pack and wherever zlib's stream is cut", arguments: UInt64(0)..<6)
    func zlibStream(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let deflater = Deflater(level: [0, 1, 6][Int(seed % 3)])
        let inflater = try Self.inflater(.zlibStream)
        for _ in 0..<12 {
            let payload = Self.payload(upTo: 5 << 20, using: &random)
            let bytes = deflater.deflate(payload)
            let cuts = (0..<Int.random(in: 0...6, using: &random)).map { _ in Int.random(in: 0...bytes.count - 4, using: &random) }
            var messages = Self.messages(bytes, cutAt: cuts)
            let last = messages.removeLast()
            for message in messages { #expect(try inflater.inflate(message, isBinary: true) == nil, "replay with seed \(seed)") }
            #expect(try inflater.inflate(last, isBinary: true) == ByteBuffer(bytes: payload), "replay with seed \(seed)")
        }
    }

    @Test("defect 6: passes 1 MiB of what packs, and what is larger packed than plain") func defect6() throws {
        let inflater = try Self.inflater(.zlibStream)
        let deflater = Deflater()
        var random = SeededGenerator(seed: 6)
        for payload in [
            [UInt8](repeating: 7, count: (1 << 20) + 1), (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }, Array("{}".utf8),
        ] {
            let bytes = deflater.deflate(payload)
            #expect(try inflater.inflate(ByteBuffer(bytes: bytes), isBinary: true) == ByteBuffer(bytes: payload))
        }
        #expect(Deflater().deflate((0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }).count > 300_000)
    }

    @Test("takes the end of a payload for one wherever the stream is cut, the same four bytes elsewhere for none", arguments: [0, 6] as [Int32])
    func everyCut(level: Int32) throws {
        // Stored, the payloads' own `00 00 FF FF` stand in the stream as they are.
        let payloads = [Array("{\"op\":11}".utf8), [0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF, 2], Array("{\"op\":0,\"d\":null}".utf8) + [0, 0, 0xFF, 0xFF, 3]]
        let deflater = Deflater(level: level)
        let packed = payloads.map { deflater.deflate($0) }
        let longest = packed.map(\.count).max() ?? 0
        for cut in 0..<longest {
            let inflater = try Self.inflater(.zlibStream)
            for (payload, bytes) in zip(payloads, packed) {
                let messages = Self.messages(bytes, cutAt: cut < bytes.count ? [cut] : [])
                var results = try messages.map { try inflater.inflate($0, isBinary: true) }
                #expect(results.removeLast() == ByteBuffer(bytes: payload))
                #expect(results.allSatisfy { $0 == nil })
            }
        }
        let inflater = try Self.inflater(.zlibStream)
        for (payload, bytes) in zip(payloads, packed) {
            // A message of fewer bytes never ends with the four.
            for byte in bytes.dropLast(4) { #expect(try inflater.inflate(ByteBuffer(bytes: [byte]), isBinary: true) == nil) }
            #expect(try inflater.inflate(ByteBuffer(bytes: bytes.suffix(4)), isBinary: true) == ByteBuffer(bytes: payload))
        }
    }

    @Test("gives back what zstd packed, one payload in each message", arguments: UInt64(0)..<6) func zstdStream(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let compressor = ZstdCompressor()
        let inflater = try Self.inflater(.zstdStream)
        for _ in 0..<12 {
            let payload = Self.payload(upTo: 5 << 20, using: &random)
            #expect(
                try inflater.inflate(ByteBuffer(bytes: compressor.compress(payload)), isBinary: true) == ByteBuffer(bytes: payload), "replay with seed \(seed)")
        }
    }

    @Test("refuses a zstd window of more than 8 MiB, before it is allocated") func zstdWindow() throws {
        let payload = [UInt8](repeating: 1, count: 100)
        for (log, isFine) in [(Int32(20), true), (23, true), (24, false), (27, false)] {
            let inflater = try Self.inflater(.zstdStream)
            let message = ByteBuffer(bytes: ZstdCompressor(windowLog: log).compress(payload))
            if isFine {
                #expect(try inflater.inflate(message, isBinary: true) == ByteBuffer(bytes: payload))
            } else {
                // ZSTD_error_frameParameter_windowTooLarge
                #expect(throws: PayloadInflater.Failure.corrupt(code: 16)) { try inflater.inflate(message, isBinary: true) }
            }
        }
    }

    @Test("takes a zstd message without a payload for broken") func zstdIncomplete() throws {
        let bytes = ZstdCompressor().compress(Array("{\"op\":11}".utf8))
        for count in [0, 1, 5] {
            let inflater = try Self.inflater(.zstdStream)
            #expect(throws: PayloadInflater.Failure.incomplete) { try inflater.inflate(ByteBuffer(bytes: bytes.prefix(count)), isBinary: true) }
        }
    }

    @Test("takes a payload of just the cap, and not a byte more", arguments: [GatewayCompression.zlibStream, .zstdStream, .payload])
    func cap(compression: GatewayCompression) throws {
        for cap in [1, 1000, 65_535, 65_536, 65_537, 1 << 20] {
            for (count, isFine) in [(cap, true), (cap + 1, false), (100 * cap, false)] {
                let payload = [UInt8](repeating: 5, count: count)
                let inflater = try Self.inflater(compression, cap: cap)
                let message = ByteBuffer(bytes: Self.pack(payload, compression))
                if isFine {
                    #expect(try inflater.inflate(message, isBinary: true) == ByteBuffer(bytes: payload))
                } else {
                    #expect(throws: PayloadInflater.Failure.tooLarge(limit: cap)) { try inflater.inflate(message, isBinary: true) }
                }
            }
        }
        // Over many messages, too.
        if compression == .zlibStream {
            let inflater = try Self.inflater(compression, cap: 1000)
            var bytes = Deflater(level: 0).deflate([UInt8](repeating: 5, count: 2000))
            #expect(throws: PayloadInflater.Failure.tooLarge(limit: 1000)) {
                while !bytes.isEmpty {
                    _ = try inflater.inflate(ByteBuffer(bytes: bytes.prefix(100)), isBinary: true)
                    bytes.removeFirst(min(100, bytes.count))
                }
            }
        }
    }

    static func pack(_ payload: [UInt8], _ compression: GatewayCompression) -> [UInt8] {
        switch compression {
        case .none: payload
        case .payload: Deflater.whole(payload)
        case .zlibStream: Deflater().deflate(payload)
        case .zstdStream: ZstdCompressor().compress(payload)
        }
    }

    @Test("survives any damage and every truncation", arguments: [GatewayCompression.zlibStream, .zstdStream, .payload])
    func damage(compression: GatewayCompression) throws {
        let text = (0..<200).map { "{\"id\":\"\($0 * 7919)\"}" }.joined()
        let bytes = Self.pack(Array(text.utf8), compression)
        var random = SeededGenerator(seed: 1)
        var failures = 0
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try Self.inflater(compression, cap: 1 << 20).inflate(ByteBuffer(bytes: damaged), isBinary: true) } catch { failures += 1 }
        }
        #expect(failures > 500)
        for count in 0..<bytes.count {
            let payload = try? Self.inflater(compression).inflate(ByteBuffer(bytes: bytes.prefix(count)), isBinary: true)
            #expect(payload != ByteBuffer(string: text) || compression == .zstdStream)
        }
    }

    @Test("refuses a zlib stream that ends, where it must go on") func ends() throws {
        let inflater = try Self.inflater(.zlibStream)
        #expect(throws: PayloadInflater.Failure.ended) { try inflater.inflate(ByteBuffer(bytes: Deflater.whole([1, 2, 3])), isBinary: true) }
    }

    @Test("with compressed payloads, takes each message for what it is") func payloads() throws {
        let inflater = try Self.inflater(.payload)
        let plain = ByteBuffer(string: #"{"op":11}"#)
        for _ in 0..<3 {
            #expect(try inflater.inflate(plain, isBinary: false) == plain)
            #expect(try inflater.inflate(plain, isBinary: true) == plain)
            #expect(try inflater.inflate(ByteBuffer(), isBinary: true) == ByteBuffer())
            let whole = Deflater.whole(Array(plain.readableBytesView))
            #expect(try inflater.inflate(ByteBuffer(bytes: whole), isBinary: true) == plain)
            #expect(throws: PayloadInflater.Failure.incomplete) { try inflater.inflate(ByteBuffer(bytes: whole.dropLast()), isBinary: true) }
            #expect(throws: PayloadInflater.Failure.trailingBytes) { try inflater.inflate(ByteBuffer(bytes: whole + [0]), isBinary: true) }
        }
        #expect(try Self.inflater(.none).inflate(plain, isBinary: true) == plain)
    }

    @Test("leaves what it gave away alone, while many connections inflate into the same memory") func slab() throws {
        let pool = InflateBufferPool()
        var connections = try (0..<5).map { _ in (deflater: Deflater(), inflater: try Self.inflater(.zlibStream, pool: pool)) }
        let zstd = (compressor: ZstdCompressor(), inflater: try Self.inflater(.zstdStream, pool: pool))
        var random = SeededGenerator(seed: 3)
        var held: [(payload: [UInt8], buffer: ByteBuffer)] = []
        for round in 0..<2000 {
            let payload = (0..<Int.random(in: 1...4000, using: &random)).map { UInt8(truncatingIfNeeded: $0 &+ round) & 0x1F }
            let index = Int.random(in: 0...connections.count, using: &random)
            var buffer: ByteBuffer?
            if index == connections.count {
                buffer = try zstd.inflater.inflate(ByteBuffer(bytes: zstd.compressor.compress(payload)), isBinary: true)
            } else {
                let bytes = connections[index].deflater.deflate(payload)
                let cuts = Int.random(in: 0...3, using: &random) == 0 ? [Int.random(in: 0..<bytes.count - 4, using: &random)] : []
                for message in Self.messages(bytes, cutAt: cuts) { buffer = try connections[index].inflater.inflate(message, isBinary: true) }
            }
            var mine = try #require(buffer)
            #expect(mine.readableBytesView.elementsEqual(payload))
            // One that is written to is a copy of its own, whoever else reads the original.
            mine.setInteger(UInt8(0xEE), at: mine.readerIndex)
            mine.writeInteger(UInt64.max)
            if round % 3 != 0, let buffer { held.append((payload, buffer)) }
            if held.count > 300 { held.removeFirst(200) }
        }
        for (payload, buffer) in held { #expect(buffer.readableBytesView.elementsEqual(payload)) }
        connections = []
        for (payload, buffer) in held { #expect(buffer.readableBytesView.elementsEqual(payload)) }
    }

    @Test("defect 40: makes no new memory for each payload") func pooled() throws {
        let pool = InflateBufferPool()
        let deflater = Deflater()
        let inflater = try Self.inflater(.zlibStream, pool: pool)
        var addresses: Set<UInt> = []
        for number in 0..<1000 {
            let payload = try inflater.inflate(ByteBuffer(bytes: deflater.deflate(String(repeating: "message \(number) ", count: 80))), isBinary: true)
            try #require(payload).withUnsafeReadableBytesWithStorageManagement { _, storage in
                _ = addresses.insert(UInt(bitPattern: storage.toOpaque()))
            }
        }
        // All into the same slab, since nobody kept one.
        #expect(addresses.count <= 2)
    }
}
