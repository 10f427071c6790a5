import GatewayModel
import GatewaySimulator
import NIOCore
import SimulatedGateway
import Testing

@Suite struct GatewaySocketTests {
    @Test("HELLO, IDENTIFY, READY with unavailable guilds, GUILD_CREATEs, events") func session() async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                let ready = try await client.identify(intents: 513)
                #expect(ready.sequence == 1)
                #expect(ready.field("resume_gateway_url") == "ws://127.0.0.1:\(simulator.resumePort)/gateway")
                #expect(ready.field("shard") == [0, 1])
                #expect(ready.field("guilds", as: [[String: any Sendable]].self)?.count == 4)
                for sequence in 2...5 { #expect(try await client.dispatch("GUILD_CREATE").sequence == sequence) }
                try await simulator.publish(EventDraft(guild: GuildIDs.make(count: 1, seed: 1)[0]))
                let message = try await client.dispatch("MESSAGE_CREATE")
                #expect(message.sequence == 6)
                #expect(message.field("sim_event") == 1)
                #expect((300...1100).contains(message.body.utf8.count))
            }
        }
    }

    @Test("a RESUME on the other port replays the same bytes, then RESUMED") func resume() async throws {
        try await withSimulator { simulator in
            var first: [Substring] = []
            var session = ""
            try await RawClient.connect(port: simulator.port) { client in
                session = try await client.identify().field("session_id")!
                for _ in 0..<3 {
                    try await simulator.publish(EventDraft(guild: 4 << 22))
                    first.append(try await client.dispatch("MESSAGE_CREATE").body)
                }
            }
            try await RawClient.connect(port: simulator.resumePort) { client in
                try await client.resume(session, from: 1)
                var second: [Substring] = []
                for sequence in 2...4 {
                    let message = try await client.dispatch("MESSAGE_CREATE")
                    #expect(message.sequence == sequence)
                    second.append(message.body)
                }
                #expect(first == second)
                #expect(try await client.dispatch("RESUMED").sequence == 5)
            }
            let machine = try await simulator.snapshot()
            #expect(machine.violations.isEmpty)
        }
    }

    @Test("a RESUME right behind the old connection's FIN is never taken for a double one") func resumeBehindFIN() async throws {
        try await withSimulator { simulator in
            var session = ""
            try await RawClient.connect(port: simulator.port) { client in session = try await client.identify().field("session_id")! }
            for round in 1...50 {
                try await RawClient.connect(port: simulator.resumePort) { client in
                    try await client.resume(session, from: round)
                    #expect(try await client.dispatch("RESUMED").sequence == round + 1)
                }
            }
            let machine = try await simulator.snapshot()
            #expect(machine.violations == [])
            #expect(machine.counts.resumes == 50)
        }
    }

    @Test("a RESUME while the old connection is open takes over, and is a violation") func doubleResume() async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { old in
                let session: String = try await old.identify().field("session_id")!
                try await RawClient.connect(port: simulator.resumePort) { client in
                    try await client.resume(session, from: 1)
                    _ = try await client.dispatch("RESUMED")
                }
                #expect(try await old.frame()?.closeCode == 4000)
            }
            let machine = try await simulator.snapshot()
            #expect(machine.violations.map(\.kind) == [.doubleResume])
        }
    }

    @Test(
        "bad payloads close with their code",
        arguments: [
            ("{\"op\":2,\"d\":{\"token\":\"" + String(repeating: "x", count: 4090) + "\"}}", 4002), ("{\"op\":", 4002), ("[]", 4002), ("{\"op\":\"1\"}", 4002),
            ("{\"op\":5,\"d\":{}}", 4001), ("{\"op\":2,\"d\":7}", 4001), ("{\"op\":1,\"d\":\"x\"}", 4001), ("{\"op\":3,\"d\":{}}", 4003),
            ("{\"op\":6,\"d\":{\"token\":\"\",\"session_id\":\"\",\"seq\":0}}", 4004),
        ])
    func badPayloads(payload: String, code: Int) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.message()
                try await client.send(payload)
                #expect(try await client.frame()?.closeCode == code)
                try await client.close(code: UInt16(code))
                #expect(try await client.frame() == nil)
            }
        }
    }

    @Test("4096 bytes are allowed, in text and in binary frames, in pieces with an empty last one") func sizes() async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.message()
                let beat = "{\"op\":1,\"d\":null" + String(repeating: " ", count: 4096 - 17) + "}"
                #expect(beat.utf8.count == 4096)
                try await client.send(beat)
                #expect(try await client.message().op == 11)
                try await client.send(opcode: 0x2, Array("{\"op\":1,\"d\":null}".utf8))
                #expect(try await client.message().op == 11)
                try await client.send(opcode: 0x1, Array("{\"op\":1,".utf8), isFinal: false)
                try await client.send(opcode: 0x0, Array("\"d\":null}".utf8), isFinal: false)
                try await client.send(opcode: 0x9, [1, 2, 3])
                try await client.send(opcode: 0x0, [])
                let pong = try await client.frame()
                #expect(pong?.opcode == 0xA && pong?.bytes == [1, 2, 3])
                #expect(try await client.message().op == 11)
            }
        }
    }

    @Test("zlib-stream is one context for the connection and one sync flush for a message") func zlib() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=json&compress=zlib-stream") { client in
                let inflater = ZlibInflater()
                var ops: [Int] = []
                for step in 0..<4 {
                    let frame = try await client.frame()!
                    #expect(frame.opcode == 2)
                    #expect(frame.bytes.suffix(4) == [0, 0, 0xFF, 0xFF])
                    let message = try Message(inflater.inflate(frame.bytes))
                    ops.append(message.op)
                    if step == 0 { try await client.send("{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":513,\"properties\":{}}}") }
                    if step == 2 { try await simulator.publish(EventDraft(guild: 1 << 22, padding: 1_000_000)) }
                    if step == 3 { #expect(message.text.utf8.count > 1_000_000) }
                }
                #expect(ops == [10, 0, 0, 0])
            }
        }
    }

    @Test("fragments carry the same payloads, and the last of each is empty") func fragments() async throws {
        try await withSimulator(guilds: 0, { $0.fragmentBytes = 100 }) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=json&compress=zlib-stream") { client in
                let inflater = ZlibInflater()
                let hello = try await client.frame()!
                #expect(try Message(inflater.inflate(hello.bytes)).op == 10)
                try await client.send("{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":513,\"properties\":{}}}")
                var ready: [UInt8] = []
                var opcodes: [UInt8] = []
                while let frame = try await client.frame() {
                    opcodes.append(frame.opcode)
                    ready += frame.bytes
                    if frame.bytes.isEmpty { break }
                }
                #expect(try Message(inflater.inflate(ready)).type == "READY")
                #expect(opcodes.count > 3 && opcodes[0] == 2 && opcodes.dropFirst().allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("versions and encodings it does not have are refused, by close or by 400") func versions() async throws {
        try await withSimulator { simulator in
            for query in ["v=8&encoding=json", "encoding=json", "v=11"] {
                try await RawClient.connect(port: simulator.port, query: query) { client in
                    let frame = try await client.frame()
                    #expect(frame?.closeCode == 4012)
                }
            }
            for target in ["/gateway?v=5", "/gateway?v=10&encoding=xml", "/gateway?v=10&compress=brotli", "/elsewhere?v=10"] {
                try await RawClient.open(port: simulator.port) { client in
                    let status = try await client.upgrade(target)
                    #expect(status.hasPrefix("HTTP/1.1 4"), "\(target): \(status)")
                }
            }
        }
    }

    @Test("a cut is a FIN or a reset, without close frame, and the session stays", arguments: TransportCut.allCases)
    func cut(how: TransportCut) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                try await simulator.inject(.cut(.all, how))
                switch how {
                case .fin:
                    let end = try await client.frame()
                    #expect(end == nil)
                case .reset: await #expect(throws: IOError.self) { try await client.frame() }
                }
            }
            let machine = try await simulator.snapshot()
            #expect(machine.sessionStatuses.map(\.connection) == [nil])
        }
    }

    @Test("a client that does not read is cut at the limit, and its session stays") func backlog() async throws {
        try await withSimulator(guilds: 1, { $0.clientBacklogLimit = 1 << 20 }) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                for _ in 0..<60 { try await simulator.publish(EventDraft(guild: 1 << 22, padding: 1 << 20)) }
                let machine = try await simulator.snapshot()
                #expect(machine.sessionStatuses.map(\.connection) == [nil])
                #expect(machine.sessionStatuses.map(\.sequence) == [61])
            }
        }
    }

    @Test("close 1000 ends the session, 4000 keeps it; both are answered", arguments: [(1000, 0), (1001, 0), (4000, 1)] as [(UInt16, Int)])
    func clientClose(code: UInt16, sessions: Int) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                try await client.close(code: code)
                #expect(try await client.frame()?.closeCode == Int(code))
                #expect(try await client.frame() == nil)
            }
            let machine = try await simulator.snapshot()
            #expect(machine.sessionStatuses.count == sessions)
            #expect(machine.counts.closedByClient.map(\.code) == [code])
        }
    }
}
