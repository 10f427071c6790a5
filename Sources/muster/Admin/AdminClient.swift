import AsyncHTTPClient
import ClusterModel
import Foundation
import GatewayModel
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a coordinator's admin API.
struct AdminClient: Sendable {
    /// Such as `http://127.0.0.1:7701`, without a slash at the end.
    let url: String

    static let defaultURL = "http://127.0.0.1:7701"

    init(url: String) throws {
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme), parsed.host != nil else {
            throw OperatorMistake(what: "--admin \(url) is no address", why: "it must be a URL", fix: "write it as \(Self.defaultURL)")
        }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    func status() async throws -> ClusterStatus {
        try await self.get("/v1/status", "status of a cluster")
    }

    func shards() async throws -> [ShardRecord] {
        try await self.get("/v1/shards", "list of shards")
    }

    private func get<Answer: Decodable>(_ path: String, _ name: String) async throws -> Answer {
        let body = try await self.send(.GET, path, body: nil)
        do {
            return try JSONDecoder().decode(Answer.self, from: body)
        } catch {
            throw OperatorMistake(
                what: "\(self.url) answered what is no \(name)", why: "it may be another program, or a muster of another version",
                fix: "check --admin, and run the same version here and there")
        }
    }

    /// Whether a request that ended so may have reached a coordinator.
    private static func mayHaveArrived(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: false
        case let error as IOError: ![ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
        case let error as HTTPClientError: error != .connectTimeout
        default: true
        }
    }

    /// The coordinator's own words on what it did.
    func post(_ path: String, _ body: some Encodable) async throws -> String {
        self.words(try await self.send(.POST, path, body: Array(try JSONEncoder().encode(body))))
    }

    /// The coordinator's own words on what it did.
    func post(_ path: String, json: PayloadValue, within limit: Duration = .seconds(35)) async throws -> String {
        self.words(try await self.send(.POST, path, body: json.json, within: limit))
    }

    /// Of a coordinator of another version that says more than `done`, all that it said.
    private func words(_ answer: Data) -> String {
        (try? JSONDecoder().decode(Done.self, from: answer))?.done ?? String(decoding: answer, as: UTF8.self)
    }

    private struct Done: Decodable {
        var done: String
    }

    private func send(_ method: NIOHTTP1.HTTPMethod, _ path: String, body: [UInt8]?, within limit: Duration = .seconds(35)) async throws -> Data {
        struct Problem: Decodable {
            var what: String
            var why: String
            var fix: String
        }
        var request = HTTPClientRequest(url: self.url + path)
        request.method = method
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        // A refused connection is told at once, not tried again.
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer: Result<(NIOHTTP1.HTTPResponseStatus, Data), any Error>
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(Int64(limit.inSeconds * 1e9)))
            answer = .success((response.status, Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)))
        } catch {
            answer = .failure(error)
        }
        try await client.shutdown()
        let status: NIOHTTP1.HTTPResponseStatus
        let data: Data
        do {
            (status, data) = try answer.get()
        } catch {
            guard method == .POST, Self.mayHaveArrived(error) else {
                throw OperatorMistake(
                    what: "the coordinator at \(self.url) cannot be asked", why: "\(error)", fix: "check that it runs, and that --admin names its admin address"
                )
            }
            throw OperatorMistake(
                what: "the coordinator at \(self.url) did not answer", why: "\(error): it may be done all the same",
                fix: "see `muster status`, and check what was done before asking again")
        }
        guard status == .ok else {
            guard let problem = try? JSONDecoder().decode(Problem.self, from: data) else {
                throw OperatorMistake(
                    what: "the coordinator at \(self.url) answered \(status)", why: "the reason is unknown", fix: "check that --admin names its admin address")
            }
            throw OperatorMistake(what: problem.what, why: problem.why, fix: problem.fix)
        }
        return data
    }
}
