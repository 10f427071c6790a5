import GatewayClient
import GatewayModel
import NIOCore
import NIOPosix
import Testing

/// What a server may answer.
private enum Answer {
    static let good =
        #"{"url":"ws://h:1/gateway","shards":9,"session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":16},"new":1}"#

    static func http(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

@Suite("GET /gateway/bot", .timeLimit(.minutes(1))) struct GatewayBotClientTests {
    private func fetch(_ answer: String, timeout: Duration = .seconds(5), isSilent: Bool = false) async throws -> Result<GatewayBot, GatewayBotError> {
        let server = try await ScriptedServer.listen()
        let client = try GatewayBotClient(
            discordAPI: "http://127.0.0.1:\(server.port)/api/v10/", trust: .system, version: "1.2", eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            timeout: timeout)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await server.run { peer, _ in
                    let request = try await peer.receiveRequest()
                    #expect(request.hasPrefix("GET /api/v10/gateway/bot HTTP/1.1\r\n"))
                    #expect(request.contains("Authorization: Bot secret\r\n"))
                    #expect(request.contains("User-Agent: DiscordBot (muster, 1.2)\r\n"))
                    if !isSilent { try await peer.write(Array(answer.utf8)) }
                    await peer.drain()
                }
            }
            let result: Result<GatewayBot, GatewayBotError>
            do throws(GatewayBotError) {
                result = .success(try await client.fetch(token: Secret("secret")))
            } catch {
                result = .failure(error)
            }
            await client.shutdown()
            group.cancelAll()
            return result
        }
    }

    @Test("gives what Discord says") func good() async throws {
        let bot = GatewayBot(url: "ws://h:1/gateway", shards: 9, total: 1000, remaining: 999, resetAfterMilliseconds: 14_400_000, maxConcurrency: 16)
        #expect(try await self.fetch(Answer.http("200 OK", Answer.good)) == .success(bot))
    }

    @Test("tells a dead token from trouble") func unauthorized() async throws {
        #expect(try await self.fetch(Answer.http("401 Unauthorized", "{}")) == .failure(.unauthorized))
    }

    @Test(
        "calls everything else temporary",
        arguments: [
            Answer.http("500 Internal Server Error", ""), Answer.http("429 Too Many Requests", "{}"), Answer.http("200 OK", "<html>"),
            Answer.http("200 OK", "{}"), Answer.http("200 OK", ""),
            Answer.http("302 Found", ""), "no HTTP\r\n\r\n", Answer.http("200 OK", String(repeating: " ", count: 70_000)),
            Answer.http("200 OK", Answer.good.replacing("concurrency\":16", with: "concurrency\":0")),
            Answer.http("200 OK", Answer.good.replacing("\"shards\":9", with: "\"shards\":0")),
            Answer.http("200 OK", Answer.good.replacing("\"remaining\":999", with: "\"remaining\":1001")),
            Answer.http("200 OK", Answer.good.replacing("\"remaining\":999", with: "\"remaining\":-1")),
            Answer.http("200 OK", Answer.good.replacing("ws://", with: "http://")), Answer.http("200 OK", Answer.good.replacing("14400000", with: "-1")),
        ]) func temporary(answer: String) async throws
    {
        guard case .failure(.temporary(let reason)) = try await self.fetch(answer) else { return #expect(Bool(false)) }
        #expect(!reason.isEmpty)
    }

    @Test("does not wait for ever") func timeOut() async throws {
        #expect(try await self.fetch("", timeout: .milliseconds(200), isSilent: true) == .failure(.temporary("no answer within 200 ms")))
    }

    @Test("refuses an API that is no URL") func badURL() {
        #expect(throws: OperatorMistake.self) {
            try GatewayBotClient(discordAPI: "discord.com", trust: .system, version: "1", eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        }
    }
}

extension Peer {
    fileprivate mutating func receiveRequest() async throws -> String {
        while !self.buffer.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let more = try await self.inbound.next(isolation: #isolation) else { throw Ended() }
            self.buffer += more.readableBytesView
        }
        defer { self.buffer = [] }
        return String(decoding: self.buffer, as: UTF8.self)
    }
}
