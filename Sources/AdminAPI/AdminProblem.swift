import ClusterModel
import Foundation
import GatewayModel
import Hummingbird

/// A refused request: a status and what, why, fix as JSON.
struct AdminProblem: Error, HTTPResponseError {
    var status: HTTPResponse.Status
    var body: Body
    /// `Retry-After`, in seconds.
    var retryAfter: Int?

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
        var response = try Response.json(self.body, status: self.status)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }
}

extension AdminProblem {
    /// A command that was not sent, or not surely: 502 is the one that must not be repeated blindly.
    init(_ failure: CommandFailure) {
        let (what, why, fix) = failure.explanation
        let status: HTTPResponse.Status =
            switch failure {
            case .invalid: .badRequest
            case .tooLarge: .contentTooLarge
            case .rateLimited: .tooManyRequests
            case .queueFull: .serviceUnavailable
            case .expired: .gatewayTimeout
            case .notRunning: .conflict
            case .unknown: .badGateway
            }
        self.init(status, what: what, why: why, fix: fix)
        if case .rateLimited(let retryAfter) = failure { self.retryAfter = max(1, Int(retryAfter.inSeconds.rounded(.up))) }
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
