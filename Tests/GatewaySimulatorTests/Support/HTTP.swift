import AsyncHTTPClient
import GatewaySimulator
import NIOCore
import NIOHTTP1

/// Requests to a simulator's own routes.
enum HTTP {
    /// The body of an answer that must be 200.
    static func get(_ simulator: GatewaySimulator, _ path: String) async throws -> String {
        try await self.execute(HTTPClientRequest(url: "http://127.0.0.1:\(simulator.port)\(path)"))
    }

    static func post(_ simulator: GatewaySimulator, _ path: String) async throws {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(simulator.port)\(path)")
        request.method = .POST
        _ = try await self.execute(request)
    }

    private static func execute(_ request: HTTPClientRequest) async throws -> String {
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = String(buffer: try await response.body.collect(upTo: 16 << 20))
        guard response.status == .ok else { throw RawClient.Unexpected(what: body) }
        return body
    }
}
