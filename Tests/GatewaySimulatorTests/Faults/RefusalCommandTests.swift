import GatewayModel
import GatewaySimulator
import SimulatedGateway
import Testing

@Suite struct RefusalCommandTests {
    @Test(
        "the next IDENTIFY is refused as asked, and the one after is not",
        arguments: [("kind=invalid-session", 9), ("kind=resumable", 9), ("kind=reconnect", 7), ("kind=close&code=4013", 4013), ("kind=silence", 11)])
    func identify(query: String, answer: Int) async throws {
        try await withSimulator { simulator in
            try await HTTP.post(simulator, "/_sim/refuse?what=identify&\(query)")
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.message()
                try await client.send("{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":0,\"properties\":{}}}")
                if answer > 1000 {
                    #expect(try await client.frame()?.closeCode == answer)
                } else {
                    if answer == 11 { try await client.send("{\"op\":1,\"d\":null}") }
                    #expect(try await client.message().op == answer)
                }
            }
            try await RawClient.connect(port: simulator.port) { client in _ = try await client.identify(shard: 1, of: 2) }
            let machine = try await simulator.snapshot()
            #expect(machine.identifyArrivals.map(\.accepted) == [false, true])
        }
    }

    @Test("a connection ends after as many payloads as asked, between the dispatches of a replay too") func endEarly() async throws {
        try await withSimulator { simulator in
            var session = ""
            try await RawClient.connect(port: simulator.port) { client in
                session = try await client.identify().field("session_id")!
                for _ in 0..<3 { try await simulator.publish(EventDraft(guild: 1 << 22)) }
            }
            try await HTTP.post(simulator, "/_sim/end-early?payloads=2&code=4009")
            try await HTTP.post(simulator, "/_sim/end-early?payloads=2&code=4000")
            try await RawClient.connect(port: simulator.resumePort) { client in
                try await client.resume(session, from: 1)
                #expect(try await client.dispatch("MESSAGE_CREATE").sequence == 2)
                #expect(try await client.frame()?.closeCode == 4000)
            }
            try await RawClient.connect(port: simulator.resumePort) { client in
                try await client.resume(session, from: 2)
                for sequence in 3...4 { #expect(try await client.dispatch("MESSAGE_CREATE").sequence == sequence) }
                // The first replay's RESUMED, which the client never had, and this one's.
                for sequence in 5...6 { #expect(try await client.dispatch("RESUMED").sequence == sequence) }
            }
        }
    }

    @Test(
        "a refusal with something wrong in it does nothing",
        arguments: [
            "refuse", "refuse?what=identify", "refuse?what=resume&kind=close", "refuse?what=x&kind=silence", "end-early", "end-early?payloads=-1", "resume-url",
        ])
    func badCommands(command: String) async throws {
        try await withSimulator { simulator in
            await #expect(throws: RawClient.Unexpected.self) { try await HTTP.post(simulator, "/_sim/\(command)") }
            try await RawClient.connect(port: simulator.port) { client in _ = try await client.identify() }
        }
    }
}
