import GatewayModel
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite struct CompressionTests {
    private static let identify = "{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":513,\"compress\":true,\"properties\":{}}}"

    @Test("zstd-stream is one frame for the connection, and each message holds one payload to its end") func zstd() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=json&compress=zstd-stream") { client in
                let inflater = ZstdInflater()
                var types: [String?] = []
                for step in 0..<4 {
                    let frame = try #require(try await client.frame())
                    #expect(frame.opcode == 2)
                    #expect((frame.bytes.prefix(4) == [0x28, 0xB5, 0x2F, 0xFD]) == (step == 0))
                    let message = try Message(inflater.inflate(frame.bytes))
                    types.append(message.type)
                    if step == 0 { try await client.send(Self.identify) }
                    if step == 2 { try await simulator.publish(EventDraft(guild: 1 << 22, padding: 1_000_000)) }
                    if step == 3 { #expect(message.text.utf8.count > 1_000_000) }
                }
                #expect(types == [nil, "READY", "GUILD_CREATE", "MESSAGE_CREATE"])
            }
        }
    }

    @Test("ETF goes through both streams", arguments: [GatewayCompression.zlibStream, .zstdStream]) func etf(compression: GatewayCompression) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf&compress=\(compression.rawValue)") { client in
                let frame = try #require(try await client.frame())
                let bytes = try compression == .zlibStream ? ZlibInflater().inflate(frame.bytes) : ZstdInflater().inflate(frame.bytes)
                #expect(try ETFTerm(payload: bytes)["op"] == .integer(10))
            }
        }
    }

    @Test("payload compression: larger payloads are zlib streams of their own, small ones stay text, also after a RESUME") func payload() async throws {
        try await withSimulator(guilds: 1) { simulator in
            var session = ""
            try await RawClient.connect(port: simulator.port) { client in
                // Before the IDENTIFY nothing is compressed.
                #expect(try await client.message().op == 10)
                try await client.send(Self.identify)
                for type in ["READY", "GUILD_CREATE"] {
                    let frame = try #require(try await client.frame())
                    #expect(frame.opcode == 2 && frame.bytes.first == 0x78)
                    let message = try Message(ZlibInflater().inflate(frame.bytes))
                    #expect(message.type == type)
                    if type == "READY" { session = message.field("session_id")! }
                }
                try await client.send("{\"op\":1,\"d\":2}")
                #expect(try await client.message().op == 11)
                try await simulator.publish(EventDraft(guild: 1 << 22, padding: 5000))
                _ = try await client.frame()
            }
            try await RawClient.connect(port: simulator.resumePort) { client in
                try await client.resume(session, from: 2)
                let frame = try #require(try await client.frame())
                #expect(frame.opcode == 2)
                #expect(try Message(ZlibInflater().inflate(frame.bytes)).type == "MESSAGE_CREATE")
                _ = try await client.dispatch("RESUMED")
            }
        }
    }

    @Test("an IDENTIFY's compress has no effect on ETF and under a stream", arguments: ["etf", "json&compress=zlib-stream", "json&compress=zstd-stream"])
    func withoutEffect(query: String) async throws {
        try await withSimulator(guilds: 0) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=\(query)") { client in
                let zlib = ZlibInflater()
                let zstd = ZstdInflater()
                func plain(_ bytes: [UInt8]) throws -> [UInt8] {
                    switch query {
                    case "etf": bytes
                    case "json&compress=zlib-stream": zlib.inflate(bytes)
                    default: try zstd.inflate(bytes)
                    }
                }
                _ = try plain(try #require(try await client.frame()).bytes)
                if query == "etf" {
                    let body: ETFTerm = .map(["token": .binary("t"), "intents": .integer(513), "compress": .atom("true"), "properties": .map([])])
                    try await client.send(opcode: 0x2, ETFTerm.map(["op": .integer(2), "d": body]).payload)
                } else {
                    try await client.send(Self.identify)
                }
                let ready = try plain(try #require(try await client.frame()).bytes)
                #expect(String(decoding: ready, as: UTF8.self).contains("READY"))
            }
        }
    }

    @Test("split payloads of zlib-stream come in whole messages, of which only the last ends with the flush's mark", arguments: [1, 7, 100]) func split(
        bytes: Int
    )
        async throws
    {
        try await withSimulator(guilds: 3, { $0.splitBytes = bytes }) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=json&compress=zlib-stream") { client in
                let inflater = ZlibInflater()
                var types: [String?] = []
                while types.count < 5 {
                    var payload: [UInt8] = []
                    var messages = 0
                    repeat {
                        let frame = try #require(try await client.frame())
                        #expect(frame.opcode == 2 && (1...bytes).contains(frame.bytes.count))
                        payload += frame.bytes
                        messages += 1
                    } while payload.suffix(4) != [0, 0, 0xFF, 0xFF]
                    types.append(try Message(inflater.inflate(payload)).type)
                    if types.count == 1 { try await client.send(Self.identify) }
                    if bytes < 100 || types.count == 2 { #expect(messages > 1) }
                }
                #expect(types == [nil, "READY", "GUILD_CREATE", "GUILD_CREATE", "GUILD_CREATE"])
            }
        }
    }

    @Test("a zstd stream that was cut short is no payload, and what follows is none either") func truncated() async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=json&compress=zstd-stream") { client in
                let inflater = ZstdInflater()
                _ = try inflater.inflate(try #require(try await client.frame()).bytes)
                try await HTTP.post(simulator, "/_sim/garble?kind=truncated-zstd")
                let cut = try #require(try await client.frame()).bytes
                let first = Result { try Message(inflater.inflate(cut)) }
                #expect(throws: (any Error).self) { try first.get() }
                try await client.send("{\"op\":1,\"d\":null}")
                let next = try #require(try await client.frame()).bytes
                #expect(throws: (any Error).self) { try Message(inflater.inflate(next)) }
            }
        }
    }
}
