import ClusterModel
import Foundation
import GatewayModel
import Hummingbird

/// The paths of the admin API. All views are drawn from published snapshots; no request touches the coordinator's loop except the operator's own.
struct AdminRouter: Sendable {
    let backend: any AdminBackend

    /// Bytes of a request body; more is refused.
    static let bodyLimit = 64 << 10

    func build() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: AdminProblems())
        router.get("healthz") { _, _ in Response.text("ok") }
        router.get("readyz") { _, _ in self.backend.status == nil ? Response.text("not leading", status: .serviceUnavailable) : Response.text("ok") }
        router.get("v1/status") { _, _ in try self.status() }
        router.get("v1/shards") { request, _ in try self.shards(request) }
        router.get("v1/history") { request, _ in try await self.history(request) }
        router.post("v1/reshard") { request, _ in
            let body: ReshardBody = try await self.decode(request, example: #"{"to": 24}"#)
            guard (1...100_000).contains(body.to) else { throw self.bad("`to` is \(body.to)", "a shard set has 1 to 100000 shards", #"{"to": 24}"#) }
            return try await self.ask(.reshard(to: body.to))
        }
        router.post("v1/budget/open-floor") { request, _ in
            let example = #"{"floor": 0, "seconds": 600}"#
            let body: OpenFloorBody = try await self.decode(request, example: example)
            guard (0...1_000_000).contains(body.floor) else { throw self.bad("`floor` is \(body.floor)", "it must be 0 to 1000000", example) }
            guard (1...86_400).contains(body.seconds) else { throw self.bad("`seconds` is \(body.seconds)", "it must be 1 to 86400, a day", example) }
            return try await self.ask(.openFloor(body.floor, for: .seconds(body.seconds)))
        }
        self.addCommands(to: router)
        return router
    }

    private struct ReshardBody: Decodable {
        var to: Int
    }

    private struct OpenFloorBody: Decodable {
        var floor: Int
        var seconds: Int
    }

    private struct Done: Encodable {
        var done: String
    }

    private func status() throws -> Response {
        try .json(try self.published())
    }

    private func published() throws -> ClusterStatus {
        guard let status = self.backend.status else {
            throw AdminProblem(
                .serviceUnavailable, what: "this coordinator does not lead yet", why: "it waits until another one's silence proves that it is gone",
                fix: "ask again in a few seconds, or ask the leader")
        }
        return status
    }

    /// Each `match` is one matcher; a shard is shown that satisfies any.
    private func shards(_ request: Request) throws -> Response {
        let matchers: [ShardRecordMatcher]
        do {
            matchers = try request.uri.queryParameters.getAll("match").map { try ShardRecordMatcher(parsing: $0) }
        } catch let mistake as OperatorMistake {
            throw AdminProblem(.badRequest, what: mistake.what, why: mistake.why, fix: mistake.fix)
        }
        return try .json(try self.published().shardRecords.matching(matchers))
    }

    private func history(_ request: Request) async throws -> Response {
        var limit = 100
        if let text = request.uri.queryParameters["limit"] {
            guard let number = Int(text), (1...1000).contains(number) else {
                throw AdminProblem(
                    .badRequest, what: "`limit` cannot be `\(text.prefix(50))`", why: "it must be 1 to 1000", fix: "ask for /v1/history?limit=100")
            }
            limit = number
        }
        do {
            return try .json(try await self.backend.history(limit: limit))
        } catch {
            throw AdminProblem(.serviceUnavailable, what: "the history cannot be read now", why: "\(error)", fix: "see `store` in /v1/status")
        }
    }

    func ask(_ request: OperatorRequest) async throws -> Response {
        _ = try self.published()
        switch await self.backend.ask(request) {
        case .done(let text): return try .json(Done(done: text))
        case .refused(let text):
            // The cluster's refusals say their own fix behind the reason.
            let parts = text.split(separator: ". Fix: ", maxSplits: 1).map { $0.hasSuffix(".") ? String($0.dropLast()) : String($0) }
            throw AdminProblem(
                .conflict, what: "the coordinator refused", why: parts.first ?? "it gave no reason", fix: parts.count > 1 ? parts[1] : "see `muster status`")
        case .failed(let failure): throw AdminProblem(failure)
        }
    }

    private func decode<Body: Decodable>(_ request: Request, example: String) async throws -> Body {
        let bytes = try await Self.json(request, example: example)
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw self.bad("the body cannot be read", error.reason, example)
        }
    }

    /// A JSON content type is demanded, because no web page of another origin may send one unasked.
    static func json(_ request: Request, example: String) async throws -> [UInt8] {
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
            throw AdminProblem(
                .unsupportedMediaType, what: "the body is not declared as JSON", why: "the content-type must be application/json",
                fix: "send the header `content-type: application/json` and a body such as \(example)")
        }
        do {
            return Array(try await request.body.collect(upTo: Self.bodyLimit).readableBytesView)
        } catch {
            throw AdminProblem(
                .contentTooLarge, what: "the body is too large", why: "\(Self.bodyLimit) bytes are allowed", fix: "send a body such as \(example)")
        }
    }

    private func bad(_ what: String, _ why: String, _ example: String) -> AdminProblem {
        AdminProblem(.badRequest, what: what, why: why, fix: "send a body such as \(example)")
    }
}

extension DecodingError {
    /// What is wrong with which field.
    fileprivate var reason: String {
        switch self {
        case .keyNotFound(let key, _): "`\(key.stringValue)` is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.isEmpty ? "it is no JSON object" : "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` has the wrong type"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is no JSON" : "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` has a bad value"
        @unknown default: "it is no JSON that can be read here"
        }
    }
}
