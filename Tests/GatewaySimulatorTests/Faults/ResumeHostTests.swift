import GatewayModel
import GatewaySimulator
import NIOCore
import SimulatedGateway
import Testing

@Suite struct ResumeHostTests {
    @Test("a resume host that refuses connections listens again when it is open, on the same port") func refuses() async throws {
        try await withSimulator { simulator in
            for _ in 0..<3 {
                try await simulator.setResumeHost(.refuses)
                await #expect(throws: (any Error).self) { try await RawClient.open(port: simulator.resumePort) { _ in } }
                try await simulator.setResumeHost(.open)
                try await RawClient.connect(port: simulator.resumePort) { client in _ = try await client.message() }
            }
            try await HTTP.post(simulator, "/_sim/resume-url?host=refuses")
            await #expect(throws: (any Error).self) { try await RawClient.open(port: simulator.resumePort) { _ in } }
            try await HTTP.post(simulator, "/_sim/resume-url?host=open")
            try await RawClient.connect(port: simulator.resumePort) { client in _ = try await client.message() }
        }
    }

    @Test("a resume host without HELLO opens the WebSocket, answers pings, and says nothing") func withoutHello() async throws {
        try await withSimulator { simulator in
            try await simulator.setResumeHost(.withoutHello)
            try await RawClient.connect(port: simulator.resumePort) { client in
                try await client.send("{\"op\":1,\"d\":null}")
                try await client.send(opcode: 0x9, [7])
                #expect(try await client.frame()?.opcode == 0xA)
                try await client.close(code: 4000)
                #expect(try await client.frame() == nil)
            }
        }
    }

    @Test("a silent resume host takes connections and never answers, and lives on afterwards") func silent() async throws {
        try await withSimulator { simulator in
            try await simulator.setResumeHost(.silent)
            try await RawClient.open(port: simulator.resumePort) { client in
                try await client.write("GET /gateway?v=10 HTTP/1.1\r\n\r\n")
                // The base host answers meanwhile.
                try await RawClient.connect(port: simulator.port) { base in _ = try await base.message() }
                #expect(client.unreadBytes == 0)
            }
            try await simulator.setResumeHost(.open)
            try await RawClient.connect(port: simulator.resumePort) { client in _ = try await client.message() }
        }
    }

    @Test("HELLO comes in the segment of the 101 where the simulator is told so, and a refused upgrade is still answered") func helloWithUpgrade() async throws
    {
        try await withSimulator({ $0.helloWithUpgrade = true }) { simulator in
            for compression in ["", "&compress=zstd-stream"] {
                try await RawClient.open(port: simulator.port) { client in
                    #expect(try await client.upgrade("/gateway?v=10&encoding=json\(compression)").hasPrefix("HTTP/1.1 101"))
                    #expect(client.unreadBytes > 20)
                    _ = try await client.frame()
                    try await client.send("{\"op\":1,\"d\":null}")
                    #expect(try await client.frame()?.opcode == (compression.isEmpty ? 1 : 2))
                }
            }
            try await RawClient.open(port: simulator.port) { client in
                let status = try await client.upgrade("/gateway?v=5")
                #expect(status.hasPrefix("HTTP/1.1 4"))
            }
        }
    }
}
