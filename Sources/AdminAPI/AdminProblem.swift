import Foundation
import Hummingbird

/// A refused request: a status and what, why, fix as JSON.
struct AdminProblem: Error, HTTPResponseError {
    var status: HTTPResponse.Status
    var body: Body

    struct Body: Codable {
        var what: String
        var why: String
        var fix: String
    }

    init(_ status: HTTPResponse.Status, what: String, why: String, fix: String) {
        self.status = status
        self.body = Body(what: what, why: why, fix: fix)
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        try .json(self.body, status: self.status)
    }
}

/// Gives the router's own refusals (an unknown path, a wrong method) the same form.
struct AdminProblems<Context: RequestContext>: RouterMiddleware {
    @concurrent
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as AdminProblem {
            throw problem
        } catch let error as HTTPError where error.status == .notFound {
            throw AdminProblem(
                .notFound, what: "there is nothing at \(request.method) \(request.uri.path)", why: "the admin API has no such path",
                fix: "see the admin API's paths in the documentation")
        } catch let error as any HTTPResponseError {
            throw AdminProblem(error.status, what: "the request was refused", why: error.status.reasonPhrase, fix: "correct the request")
        }
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
    }
}
