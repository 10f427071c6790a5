import GatewayModel
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite struct ETFTests {
    private static let guild = GuildIDs.make(count: 1, seed: 1)[0]

    private static func identify(intents: Int64 = 513) -> ETFTerm {
        .map([
            "op": .integer(2),
            "d": .map([
                "token": .binary("t"), "intents": .integer(intents), "properties": .map(["os": .binary("x")]), "shard": .bytes([0, 1]),
                "presence": .map(["since": .atom("nil"), "activities": .list([]), "status": .binary("idle"), "afk": .atom("false")]),
            ]),
        ])
    }

    private static func next(_ client: inout RawClient) async throws -> ETFTerm {
        guard let frame = try await client.frame(), frame.opcode == 2 else { throw RawClient.Unexpected(what: "no binary frame") }
        return try ETFTerm(payload: frame.bytes)
    }

    @Test("the whole conversation is terms in binary frames: atom keys in the envelope, binaries in what happened, ids as numbers") func conversation()
        async throws
    {
        try await withSimulator(guilds: 1, { $0.etfIDs = .integers }) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf") { client in
                let hello = try await Self.next(&client)
                #expect(hello.keys == [.atom("d"), .atom("op"), .atom("s"), .atom("t")])
                #expect(hello["op"] == .integer(10) && hello["s"] == .atom("nil") && hello["t"] == .atom("nil"))
                #expect(hello["d"]?["heartbeat_interval"] == .integer(41_250))
                try await client.send(opcode: 0x2, Self.identify().payload)
                let ready = try await Self.next(&client)
                #expect(ready["t"] == .atom("READY") && ready["s"] == .integer(1))
                let d = try #require(ready["d"])
                #expect(d.keys.contains(.binary("session_id")))
                #expect(d["shard"] == .bytes([0, 1]))
                #expect(d["user"]?["id"] == .big(SimulatedUser.bot) && d["user"]?["bot"] == .atom("true"))
                #expect(d["guilds"]?.elements.first?["id"] == .big(Self.guild))
                #expect(d["private_channels"] == .list([]))
                let created = try await Self.next(&client)
                // Digits that are no id stay text.
                #expect(created["d"]?["roles"]?.elements.first?["permissions"] == .binary("2248473465835073"))
                try await simulator.publish(EventDraft(guild: Self.guild))
                let message = try await Self.next(&client)
                #expect(message["d"]?["guild_id"] == .big(Self.guild) && message["d"]?["nonce"] == .binary("1") && message["d"]?["type"] == .integer(0))
                try await client.send(opcode: 0x2, ETFTerm.map(["op": .integer(1), "d": .integer(3)]).payload)
                #expect(try await Self.next(&client)["op"] == .integer(11))
                #expect(try await simulator.snapshot().sessionStatuses.map(\.presence) == [SimulatedPresence(status: .idle)])
            }
        }
    }

    @Test("commands come in terms and are answered in terms, ids as numbers or texts") func commands() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf") { client in
                _ = try await Self.next(&client)
                try await client.send(opcode: 0x2, Self.identify(intents: 1 << 1).payload)
                _ = try await Self.next(&client)
                let request = ETFTerm.map([
                    "op": .integer(8),
                    "d": .map(["guild_id": .big(Self.guild), "user_ids": .list([.binary("12"), .big(SimulatedUser.bot)]), "nonce": .binary("é\"")]),
                ])
                try await client.send(opcode: 0x2, request.payload)
                let chunk = try await Self.next(&client)
                #expect(chunk["t"] == .atom("GUILD_MEMBERS_CHUNK"))
                #expect(chunk["d"]?["nonce"] == .binary("é\"") && chunk["d"]?["chunk_count"] == .integer(1) && chunk["d"]?["members"]?.elements.count == 1)
                // Numbers below 256 alone: a list of bytes.
                #expect(chunk["d"]?["not_found"] == .bytes([12]))
                let full = ETFTerm.map(["op": .integer(8), "d": .map(["guild_id": .binary(String(Self.guild)), "query": .binary(""), "limit": .integer(0)])])
                try await client.send(opcode: 0x2, full.payload)
                _ = try await Self.next(&client)
                try await client.send(opcode: 0x2, full.payload)
                let limited = try await Self.next(&client)
                guard case .float(let wait)? = limited["d"]?["retry_after"] else { throw RawClient.Unexpected(what: "no float") }
                #expect((20...30).contains(wait))
            }
        }
    }

    @Test("ids are texts where the simulator is told so, and mixed changes with the connection") func ids() async throws {
        for (ids, kinds) in [(ETFIDs.strings, [false, false, false, false]), (.integers, [true, true, true, true]), (.mixed, [true, false, false, true])] {
            try await withSimulator(guilds: 1, { $0.etfIDs = ids }) { simulator in
                var seen: [Bool] = []
                for shard in 0..<4 {
                    try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf") { client in
                        _ = try await Self.next(&client)
                        let identify = ETFTerm.map([
                            "op": .integer(2),
                            "d": .map([
                                "token": .binary("t"), "intents": .integer(0), "properties": .map([]), "shard": .list([.integer(Int64(shard)), .integer(4)]),
                            ]),
                        ])
                        try await client.send(opcode: 0x2, identify.payload)
                        seen.append(try await Self.next(&client)["d"]?["user"]?["id"] == .big(SimulatedUser.bot))
                    }
                }
                #expect(seen == kinds)
            }
        }
    }

    @Test("numbers are taken in every form that Erlang has for them") func numbers() async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf") { client in
                _ = try await Self.next(&client)
                let start = ETFTerm.map([.init(key: .binary("op"), value: .integer(1)), .init(key: .binary("d"), value: .integer(0))]).payload.dropLast(5)
                let text = Array("5.00000000000000000000e+00".utf8)
                for number in [[97, 5], [98, 0, 0, 0, 5], [110, 1, 0, 5], [70, 0x40, 0x14, 0, 0, 0, 0, 0, 0], [99] + text + [0, 0, 0, 0, 0]] as [[UInt8]] {
                    try await client.send(opcode: 0x2, start + number)
                    #expect(try await Self.next(&client)["op"] == .integer(11))
                }
            }
        }
    }

    @Test(
        "what is no term with binary keys closes with 4002",
        arguments: [
            ETFTerm.map([.init(key: .atom("op"), value: .integer(1)), .init(key: .atom("d"), value: .atom("nil"))]).payload,
            Array("{\"op\":1,\"d\":null}".utf8), [131], [131, 80, 0, 0, 0, 1], [131, 116, 0, 0, 0, 9], ETFTerm.map(["op": .integer(1)]).payload + [0],
            [131, 97, 1], [], ETFTerm.map(["op": .integer(1), "d": .integer(1)]).payload.dropLast(5) + [99, 53, 46, 48],
            ETFTerm.map(["op": .integer(1), "d": .integer(1)]).payload.dropLast(5) + [110, 9, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1],
        ] as [[UInt8]])
    func malformed(payload: [UInt8]) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf") { client in
                _ = try await client.frame()
                try await client.send(opcode: 0x2, payload)
                #expect(try await client.frame()?.closeCode == 4002)
            }
        }
    }

    @Test("text frames and terms too deep close with 4002") func textFrames() async throws {
        try await withSimulator { simulator in
            var deep = ETFTerm.integer(1)
            for _ in 0..<200 { deep = .list([deep]) }
            for (opcode, payload) in [(1, ETFTerm.map(["op": .integer(1), "d": .atom("nil")]).payload), (2, ETFTerm.map(["op": deep]).payload)] {
                try await RawClient.connect(port: simulator.port, query: "v=10&encoding=etf") { client in
                    _ = try await client.frame()
                    try await client.send(opcode: UInt8(opcode), payload)
                    #expect(try await client.frame()?.closeCode == 4002)
                }
            }
        }
    }
}
