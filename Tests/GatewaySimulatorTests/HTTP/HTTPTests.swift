import AsyncHTTPClient
import Foundation
import GatewaySimulator
import NIOCore
import NIOHTTP1
import NIOSSL
import SimulatedGateway
import Testing

@Suite struct HTTPTests {
    private func request(_ simulator: GatewaySimulator, _ path: String, post: Bool = false, token: String? = "Bot t") async throws -> (
        status: Int, body: String
    ) {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(simulator.port)\(path)")
        request.method = post ? .POST : .GET
        if let token { request.headers.add(name: "authorization", value: token) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 16 << 20)))
    }

    @Test("/gateway/bot answers as Discord does") func gatewayBot() async throws {
        try await withSimulator({
            $0.rules.recommendedShards = 3
            $0.rules.token = "t"
        }) { simulator in
            let answer = try await self.request(simulator, "/api/v10/gateway/bot")
            #expect(answer.status == 200)
            #expect(
                answer.body == "{\"url\":\"ws://127.0.0.1:\(simulator.port)/gateway\",\"shards\":3,\"session_start_limit\":"
                    + "{\"total\":1000,\"remaining\":1000,\"reset_after\":0,\"max_concurrency\":16}}")
            #expect(try await self.request(simulator, "/api/v10/gateway/bot", token: "Bot wrong").status == 401)
            #expect(try await self.request(simulator, "/api/v10/gateway/bot", token: nil).status == 401)
            #expect(try await self.request(simulator, "/api/v10/gateway", token: nil).status == 200)
            #expect(try await self.request(simulator, "/api/v10/users/@me").status == 200)
            #expect(try await self.request(simulator, "/api/v10/elsewhere").status == 404)
            try await simulator.inject(.killToken)
            #expect(try await self.request(simulator, "/api/v10/gateway/bot").status == 401)
        }
    }

    @Test("the next answers of /gateway/bot fail as asked") func failures() async throws {
        try await withSimulator { simulator in
            for (kind, status) in [("500", 500), ("429", 429), ("html", 200), ("empty", 200)] {
                _ = try await self.request(simulator, "/_sim/fail-api?kind=\(kind)&count=1", post: true)
                #expect(try await self.request(simulator, "/api/v10/gateway/bot").status == status)
            }
            _ = try await self.request(simulator, "/_sim/fail-api?kind=drop", post: true)
            await #expect(throws: (any Error).self) { try await self.request(simulator, "/api/v10/gateway/bot") }
            #expect(try await self.request(simulator, "/api/v10/gateway/bot").body.contains("max_concurrency"))
        }
    }

    @Test("the ledger is NDJSON, paged by cursor; status, violations and identifies are JSON") func records() async throws {
        try await withSimulator(guilds: 1) { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                let session: String = try await client.identify().field("session_id")!
                #expect(try await self.request(simulator, "/_sim/burst?count=5", post: true).status == 200)
                let lines = try await self.request(simulator, "/_sim/ledger?after=1&limit=2").body.split(separator: "\n")
                #expect(lines.count == 2)
                let line = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
                #expect(line["cursor"] as? Int == 2 && line["id"] as? Int == 2 && line["seq"] as? Int == 3)
                #expect(line["session"] as? String == session && line["status"] as? String == "due" && line["type"] as? String == "MESSAGE_CREATE")
                #expect(line["shards"] as? Int == 1 && line["shard"] as? Int == 0 && line["at_ms"] is Int)
                #expect(try await self.request(simulator, "/_sim/ledger?after=5").body.isEmpty)
                let status = try #require(
                    JSONSerialization.jsonObject(with: Data(try await self.request(simulator, "/_sim/status").body.utf8)) as? [String: Any])
                #expect(status["identifies"] as? Int == 1 && status["violations"] as? Int == 0 && status["events"] as? Int == 5)
                let sessions = try #require(status["sessions"] as? [[String: Any]])
                #expect(sessions.map { $0["session"] as? String } == [session])
                #expect(sessions.map { $0["attached"] as? Bool } == [true])
                let identifies = try #require(
                    JSONSerialization.jsonObject(with: Data(try await self.request(simulator, "/_sim/identifies").body.utf8)) as? [[String: Any]])
                #expect(identifies.count == 1 && identifies[0]["accepted"] as? Bool == true && identifies[0]["at_ms"] is Double)
                #expect(try await self.request(simulator, "/_sim/violations").body == "[]")
            }
        }
    }

    @Test(
        "a command with something wrong in it does nothing",
        arguments: ["close", "close?code=1006", "close?code=x", "burst", "reconnect?shrad=1", "garble?kind=x", "rate", "elsewhere", "publish?type=READY"])
    func badCommands(command: String) async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify()
                let answer = try await self.request(simulator, "/_sim/\(command)", post: true)
                #expect(answer.status == 400)
                #expect(answer.body.contains("message"))
                try await client.send("{\"op\":1,\"d\":1}")
                #expect(try await client.message().op == 11)
            }
        }
    }

    @Test("commands reach the sessions they name") func commands() async throws {
        try await withSimulator { simulator in
            try await RawClient.connect(port: simulator.port) { client in
                _ = try await client.identify(shard: 1, of: 2)
                for (command, op) in [("reconnect?shard=1&shards=2", 7), ("beat", 1), ("garble?kind=sequence-backwards", 0), ("invalidate?resumable=true", 9)] {
                    #expect(try await self.request(simulator, "/_sim/\(command)", post: true).status == 200)
                    #expect(try await client.message().op == op)
                }
                #expect(try await self.request(simulator, "/_sim/close?code=4010", post: true).status == 200)
                #expect(try await client.frame()?.closeCode == 4010)
            }
        }
    }

    @Test("a dead resume URL ends every connection, the base URL lives on") func deadResumeURL() async throws {
        try await withSimulator { simulator in
            _ = try await self.request(simulator, "/_sim/resume-url?dead=true", post: true)
            await #expect(throws: (any Error).self) { try await RawClient.connect(port: simulator.resumePort) { client in _ = try await client.message() } }
            try await RawClient.connect(port: simulator.port) { client in _ = try await client.message() }
            _ = try await self.request(simulator, "/_sim/resume-url?dead=false", post: true)
            try await RawClient.connect(port: simulator.resumePort) { client in _ = try await client.message() }
        }
    }

    @Test("garbage on the port ends that connection and nothing else") func garbage() async throws {
        try await withSimulator { simulator in
            for text in ["\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n", "GET\r\n\r\n", String(repeating: "x", count: 200_000)] {
                try await RawClient.open(port: simulator.port) { client in
                    try? await client.write(text)
                    _ = try? await client.frame()
                }
            }
            #expect(try await self.request(simulator, "/_sim/status").status == 200)
        }
    }

    @Test("with a certificate, HTTP is https and the gateway URLs are wss") func tls() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("muster-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (certificate, key) = (directory.appendingPathComponent("cert.pem"), directory.appendingPathComponent("key.pem"))
        try TestCertificate.certificate.write(to: certificate, atomically: true, encoding: .utf8)
        try TestCertificate.key.write(to: key, atomically: true, encoding: .utf8)
        try await withSimulator({
            $0.certificateFile = certificate.path
            $0.privateKeyFile = key.path
        }) { simulator in
            var configuration = HTTPClient.Configuration()
            configuration.tlsConfiguration = .makeClientConfiguration()
            configuration.tlsConfiguration?.certificateVerification = .none
            let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            var request = HTTPClientRequest(url: "\(simulator.apiURL)/gateway/bot")
            request.headers.add(name: "authorization", value: "Bot t")
            let body = try? await http.execute(request, timeout: .seconds(10)).body.collect(upTo: 4096)
            try await http.shutdown()
            #expect(simulator.apiURL.hasPrefix("https://"))
            #expect(body.map { String(buffer: $0) }?.contains("\"url\":\"wss://127.0.0.1:\(simulator.port)/gateway\"") == true)
        }
    }
}
