import ClusterModel
import Foundation
import GatewayModel
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@testable import AdminAPI

@Suite("Commands and presences of the admin API")
struct CommandRequestTests {
    private func post(_ path: String, _ body: String, _ desk: AdminAPITests.Desk = .init()) async throws -> (code: Int, body: String, retryAfter: String?) {
        try await Application(router: AdminRouter(backend: desk).build()).test(.router) { client in
            try await client.execute(uri: path, method: .post, headers: [.contentType: "application/json"], body: ByteBuffer(string: body)) { response in
                (response.status.code, String(buffer: response.body), response.headers[.retryAfter])
            }
        }
    }

    @Test("come to the cluster as they were written")
    func accepted() async throws {
        let desk = AdminAPITests.Desk()
        let bodies = [
            ("presence", #"{"presence": {"status": "idle", "activities": [{"name": "chess", "type": 5}], "since": 7, "afk": true}}"#),
            ("presence", #"{"presence": {}, "shards": [0, 7]}"#), ("commands", #"{"op": 8, "d": {"guild_id": "4194304", "limit": 0}}"#),
            ("commands", #"{"op": 99, "d": [null], "guild_id": "81384788765712384", "within_seconds": 5, "shard": null}"#),
            ("commands", #"{"op": 99, "d": {}, "shard": 3}"#),
        ]
        for (path, body) in bodies { #expect(try await self.post("/v1/\(path)", body, desk).code == 200, "\(body)") }
        #expect(
            desk.asked.withLock { $0 } == [
                .presence(Presence(since: 7, activities: [.competing(in: "chess")], status: .idle, afk: true), .all),
                .presence(Presence(), .shards([ShardID(0), ShardID(7)])),
                .command(CommandRequest(.raw(op: 8, data: ["guild_id": "4194304", "limit": 0]))),
                .command(CommandRequest(.raw(op: 99, data: [.null]), to: .guild(Snowflake(81_384_788_765_712_384)), within: .seconds(5))),
                .command(CommandRequest(.raw(op: 99, data: [:]), to: .shard(ShardID(3)))),
            ])
    }

    @Test(
        "are refused with what, why and fix where they cannot be read",
        arguments: [
            ("presence", "{", "is no JSON of objects"), ("presence", "[]", "is no JSON object"), ("presence", "{}", "`presence` is missing"),
            ("presence", #"{"presence": {"status": "away"}}"#, "online, dnd"), ("presence", #"{"presence": {}, "shard": 1}"#, "`shard` is not known"),
            ("presence", #"{"presence": {}, "shards": 1}"#, "must be a list"), ("presence", #"{"presence": {}, "shards": ["1"]}"#, "is a whole number"),
            ("commands", #"{"d": {}}"#, "`op` is missing"), ("commands", #"{"op": "8", "d": {}}"#, "must be a whole number"),
            ("commands", #"{"op": 8.5, "d": {}}"#, "whole numbers"), ("commands", #"{"op": 8}"#, "`d` is missing"),
            ("commands", #"{"op": 8, "d": {}, "guild_id": "x"}"#, "a number in quotes"), ("commands", #"{"op": 8, "d": {}, "guild_id": 5}"#, "must be a text"),
            ("commands", #"{"op": 8, "d": {}, "guild_id": "5", "shard": 1}"#, "both given"),
            ("commands", #"{"op": 8, "d": {}, "within_seconds": 61}"#, "1 to 60"), ("commands", #"{"op": 8, "d": {}, "x": 1}"#, "`x` is not known"),
            ("commands", #"{"op": 8, "d": {}, "op": 8}"#, "no key twice"),
            ("commands", #"{"op": 99999999999999999999, "d": {}}"#, "whole numbers of 64 bits"),
        ])
    func refused(_ path: String, _ body: String, _ says: String) async throws {
        let desk = AdminAPITests.Desk()
        let answer = try await self.post("/v1/\(path)", body, desk)
        #expect(answer.code == 400)
        #expect(answer.body.contains(says) && answer.body.contains("\"fix\""), "\(answer.body)")
        #expect(desk.asked.withLock { $0 }.isEmpty)
    }

    @Test("say that this coordinator does not lead yet: another one takes them")
    func notLeading() async throws {
        let desk = AdminAPITests.Desk(leading: false, answer: .refused("this coordinator does not lead yet"))
        for (path, body) in [("presence", #"{"presence": {}}"#), ("commands", #"{"op": 99, "d": {}, "shard": 0}"#), ("reshard", #"{"to": 2}"#)] {
            let answer = try await self.post("/v1/\(path)", body, desk)
            #expect(answer.code == 503 && answer.body.contains("ask the leader"), "\(answer)")
        }
        #expect(desk.asked.withLock { $0 } == [])
    }

    @Test("are refused in few words, however long what they hold")
    func long() async throws {
        let name = String(repeating: "x", count: 60_000)
        for presence in [#"{"status": "\#(name)"}"#, #"{"\#(name)": 1}"#, #"{"activities": [{"\#(name)": 1}]}"#] {
            let answer = try await self.post("/v1/presence", #"{"presence": \#(presence)}"#)
            #expect(answer.code == 400 && answer.body.utf8.count < 1000)
        }
    }

    @Test("that fail say by their status whether they may be sent again")
    func failed() async throws {
        let mistake = OperatorMistake(what: "a", why: "b", fix: "c")
        let table: [(CommandFailure, code: Int, retryAfter: String?)] = [
            (.invalid(mistake), 400, nil), (.tooLarge(bytes: 5000, limit: 4096), 413, nil), (.rateLimited(retryAfter: .milliseconds(2500)), 429, "3"),
            (.rateLimited(retryAfter: .zero), 429, "1"), (.queueFull(limit: 100, of: .shard), 503, nil), (.expired(within: .seconds(30)), 504, nil),
            (.notRunning(mistake), 409, nil), (.unknown("its worker died"), 502, nil),
        ]
        for (failure, code, retryAfter) in table {
            let answer = try await self.post("/v1/commands", #"{"op": 99, "d": {}, "shard": 0}"#, AdminAPITests.Desk(answer: .failed(failure)))
            #expect(answer.code == code && answer.retryAfter == retryAfter, "\(failure): \(answer)")
        }
    }
}
