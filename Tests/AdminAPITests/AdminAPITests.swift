import ClusterModel
import ClusterStore
import Foundation
import GatewayModel
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@testable import AdminAPI

@Suite("The admin API")
struct AdminAPITests {
    final class Desk: AdminBackend {
        let status: ClusterStatus?
        let answer: OperatorAnswer
        let asked = Mutex<[OperatorRequest]>([])

        init(status: ClusterStatus?) {
            self.answer = .done("begun")
            self.status = status
        }

        init(leading: Bool = true, answer: OperatorAnswer = .done("begun")) {
            self.answer = answer
            self.status =
                leading
                ? ClusterStatus(
                    application: ApplicationID(rawValue: "1"), coordinatorEpoch: CoordinatorEpoch(rawValue: 2), isolation: .hold, stopped: nil,
                    store: .init(available: true, problem: nil, openCommits: 0, unwrittenSessions: 0), gateway: .init(info: nil, problem: nil), shardSet: nil,
                    workers: [], shards: [], identify: .init(queue: [], blocked: nil),
                    budget: .init(total: nil, available: nil, usedInWindow: 0, floor: 0, floorOpenSeconds: nil), presence: nil, commands: .init(open: 0),
                    counters: ClusterCounters()) : nil
        }

        func ask(_ request: OperatorRequest) async -> OperatorAnswer {
            self.asked.withLock { $0.append(request) }
            return self.answer
        }

        func history(limit: Int) async throws -> [HistoryLine] {
            (1...3).prefix(limit).map {
                HistoryLine(
                    id: Int64($0), at: "2026-01-01T00:00:00Z", coordinatorEpoch: CoordinatorEpoch(rawValue: 2),
                    transition: Transition(kind: .workerJoined, worker: StableID(rawValue: "w1")))
            }
        }
    }

    func call(
        _ method: HTTPRequest.Method, _ path: String, body: String? = nil, headers: HTTPFields = [.contentType: "application/json"], desk: Desk = Desk()
    ) async throws -> (status: HTTPResponse.Status, body: String) {
        try await Application(router: AdminRouter(backend: desk).build()).test(.router) { client in
            try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) { response in
                (response.status, String(buffer: response.body))
            }
        }
    }

    @Test("shows the published status as JSON that decodes back")
    func status() async throws {
        let desk = Desk()
        let (code, body) = try await self.call(.get, "/v1/status", desk: desk)
        #expect(code == .ok)
        #expect(try JSONDecoder().decode(ClusterStatus.self, from: Data(body.utf8)) == desk.status)
    }

    @Test("shows shards with their sessions, all or those that any matcher chooses")
    func shards() async throws {
        var status = try #require(Desk().status)
        status.shardSet = .init(generation: Generation(rawValue: 1), numShards: 3, intents: 1, live: 1, problem: nil)
        status.shards = (0..<3).map {
            .init(
                shard: ShardID($0), epoch: AssignmentEpoch(rawValue: 1), owner: StableID(rawValue: "w\($0)"), phase: .live,
                session: GatewaySession(sessionID: "s\($0)", resumeGatewayURL: "wss://resume", sequence: 7), problem: nil)
        }
        let desk = Desk(status: status)
        func ask(_ query: String) async throws -> [ShardRecord] {
            let (code, body) = try await self.call(.get, "/v1/shards\(query)", desk: desk)
            #expect(code == .ok)
            return try JSONDecoder().decode([ShardRecord].self, from: Data(body.utf8))
        }
        #expect(try await ask("") == status.shardRecords)
        #expect(try await ask("?match=shard%3D2&match=worker%3Dw0,phase%3Dlive").map(\.shard.rawValue) == [0, 2])
        let refused = try await self.call(.get, "/v1/shards?match=shard%3Dx", desk: desk)
        #expect(refused.status == .badRequest)
        #expect(refused.body.contains("neither a shard id nor a range"))
        #expect(try await self.call(.get, "/v1/shards", desk: Desk(status: nil)).status == .serviceUnavailable)
    }

    @Test("says so while it does not lead")
    func notLeading() async throws {
        let desk = Desk(leading: false)
        #expect(try await self.call(.get, "/v1/status", desk: desk).status == .serviceUnavailable)
        #expect(try await self.call(.get, "/readyz", desk: desk).status == .serviceUnavailable)
        #expect(try await self.call(.get, "/healthz", desk: desk).status == .ok)
        #expect(try await self.call(.get, "/readyz").status == .ok)
    }

    @Test("brings an operator's requests to the cluster")
    func requests() async throws {
        let desk = Desk()
        let reshard = try await self.call(.post, "/v1/reshard", body: #"{"to": 24}"#, desk: desk)
        #expect(reshard.status == .ok)
        #expect(reshard.body == #"{"done":"begun"}"#)
        #expect(try await self.call(.post, "/v1/budget/open-floor", body: #"{"floor": 0, "seconds": 600}"#, desk: desk).status == .ok)
        #expect(desk.asked.withLock { $0 } == [.reshard(to: 24), .openFloor(0, for: .seconds(600))])
    }

    @Test("passes a refusal on, with its reason")
    func refusal() async throws {
        let (code, body) = try await self.call(.post, "/v1/reshard", body: #"{"to": 24}"#, desk: Desk(answer: .refused("no budget")))
        #expect(code == .conflict)
        #expect(body.contains(#""why":"no budget""#))
    }

    @Test(
        "refuses a bad body with what, why and fix",
        arguments: [
            ("/v1/reshard", "", "it is no JSON"), ("/v1/reshard", "[]", "it is no JSON object"), ("/v1/reshard", "{}", "`to` is missing"),
            ("/v1/reshard", #"{"to": "many"}"#, "`to` has the wrong type"), ("/v1/reshard", #"{"to": 0}"#, "1 to 100000"),
            ("/v1/budget/open-floor", #"{"floor": -1, "seconds": 1}"#, "0 to 1000000"),
            ("/v1/budget/open-floor", #"{"floor": 0, "seconds": 0}"#, "1 to 86400"),
            ("/v1/budget/open-floor", #"{"floor": 0}"#, "`seconds` is missing"),
        ])
    func badBodies(path: String, body: String, why: String) async throws {
        let desk = Desk()
        let (code, answer) = try await self.call(.post, path, body: body, desk: desk)
        #expect(code == .badRequest)
        #expect(answer.contains(why), "\(answer)")
        #expect(answer.contains(#""fix":"#))
        #expect(desk.asked.withLock { $0 } == [])
    }

    @Test("refuses a body beyond 64 KiB, and one that is not declared as JSON")
    func refusedBodies() async throws {
        let large = #"{"to": 24, "x": ""# + String(repeating: "x", count: 70_000) + #""}"#
        #expect(try await self.call(.post, "/v1/reshard", body: large).status == .contentTooLarge)
        #expect(try await self.call(.post, "/v1/reshard", body: #"{"to": 24}"#, headers: [:]).status == .unsupportedMediaType)
    }

    @Test("bounds the history", arguments: [("/v1/history?limit=2", 2), ("/v1/history", 3)])
    func history(path: String, count: Int) async throws {
        let (code, body) = try await self.call(.get, path)
        #expect(code == .ok)
        #expect(try JSONDecoder().decode([HistoryLine].self, from: Data(body.utf8)).count == count)
    }

    @Test("refuses a history limit that is none", arguments: ["0", "1001", "x"])
    func badLimit(limit: String) async throws {
        #expect(try await self.call(.get, "/v1/history?limit=\(limit)").status == .badRequest)
    }

    @Test("answers an unknown path in the same form")
    func unknownPath() async throws {
        let (code, body) = try await self.call(.get, "/v2/anything")
        #expect(code == .notFound)
        #expect(body.contains(#""what":"there is nothing at GET /v2/anything""#))
    }
}
