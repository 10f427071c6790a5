import GatewayModel
import NIOHTTP1
import SimulatedGateway

extension SimulatorCore {
    /// The answer to a request; `nil`: end the connection without one.
    func reply(to head: HTTPRequestHead) -> HTTPReply? {
        let query = HTTPQuery(uri: head.uri)
        if query.path.hasPrefix("/_sim/") {
            do throws(BadRequest) {
                return try self.simulatorReply(to: head.method, query)
            } catch {
                return .error(.badRequest, error.message)
            }
        }
        for prefix in ["/api/v10", "/api/v9", "/api"] where query.path.hasPrefix(prefix + "/") {
            guard head.method == .GET || head.method == .HEAD else { return .error(.methodNotAllowed, "405: Method Not Allowed") }
            return self.apiReply(to: String(query.path.dropFirst(prefix.count)), authorization: head.headers.first(name: "authorization"))
        }
        if query.path == "/gateway" || query.path == "/" {
            return .error(.badRequest, "this is a WebSocket: v=10, encoding json or etf, compress absent, zlib-stream or zstd-stream")
        }
        return .error(.notFound, "404: Not Found")
    }

    private func apiReply(to path: String, authorization: String?) -> HTTPReply? {
        if path == "/gateway" {
            var json = JSONBytes(reserving: 64)
            json.raw("{\"url\":")
            json.text(self.gatewayURL)
            json.raw("}")
            return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
        }
        if path == "/gateway/bot", let failure = self.apiFailures.take() { return Self.reply(for: failure) }
        guard let authorization, authorization.hasPrefix("Bot "), self.machine.accepts(token: String(authorization.dropFirst(4))) else {
            return .error(.unauthorized, "401: Unauthorized")
        }
        switch path {
        case "/gateway/bot": return self.gatewayBot()
        case "/users/@me":
            var json = JSONBytes(reserving: 256)
            json.botUser()
            return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
        case "/applications/@me", "/oauth2/applications/@me": return .json(Self.application)
        default: return .error(.notFound, "404: Not Found")
        }
    }

    private func gatewayBot() -> HTTPReply {
        let now = self.now
        let rules = self.machine.configuration
        var json = JSONBytes(reserving: 256)
        json.raw("{\"url\":")
        json.text(self.gatewayURL)
        json.raw(",\"shards\":")
        json.number(Int64(rules.recommendedShards))
        json.raw(",\"session_start_limit\":{\"total\":")
        json.number(Int64(rules.identifyLimitTotal))
        json.raw(",\"remaining\":")
        json.number(Int64(self.machine.identifiesRemaining(at: now)))
        json.raw(",\"reset_after\":")
        json.number(self.machine.identifyResetAfter(at: now).inNanoseconds / 1_000_000)
        json.raw(",\"max_concurrency\":")
        json.number(Int64(rules.maxConcurrency))
        json.raw("}}")
        return HTTPReply(status: .ok, contentType: "application/json", body: json.bytes)
    }

    private static func reply(for failure: APIFailures.Kind) -> HTTPReply? {
        switch failure {
        case .serverError: .error(.internalServerError, "500: Internal Server Error")
        case .rateLimited: .json("{\"message\":\"You are being rate limited.\",\"retry_after\":0.5,\"global\":false}", status: .tooManyRequests)
        case .html: HTTPReply(status: .ok, contentType: "text/html", body: Array("<html><body>upstream is away</body></html>".utf8))
        case .empty: .json("{}")
        case .drop: nil
        }
    }

    private static let application = """
        {"id":"\(SimulatedUser.bot)","name":"muster","icon":null,"description":"","summary":"","type":null,"is_monetized":false,"bot_public":true,\
        "bot_require_code_grant":false,"verify_key":"\(String(repeating: "0", count: 64))","flags":565248,"hook":true,"rpc_origins":[],\
        "redirect_uris":[],"tags":[],"team":null,"terms_of_service_url":null,"privacy_policy_url":null,"custom_install_url":null,\
        "role_connections_verification_url":null,"interactions_endpoint_url":null,"approximate_guild_count":0,"cover_image":null,\
        "owner":{"id":"\(Snowflakes.owner)","username":"owner","discriminator":"0","global_name":null,"avatar":null,"public_flags":0,"flags":0}}
        """
}
