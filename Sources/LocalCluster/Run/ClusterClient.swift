import AsyncHTTPClient
import ClusterModel
import Foundation
import GatewayModel
import NIOCore
import NIOHTTP1

/// Asks the simulator and the coordinator of a local cluster how they are.
struct ClusterClient: Sendable {
    let simulator: String
    let admin: String
    private let http: HTTPClient

    init(ports: Ports) {
        self.simulator = "http://127.0.0.1:\(ports.gateway)"
        self.admin = "http://127.0.0.1:\(ports.admin)"
        var configuration = HTTPClient.Configuration()
        // Whoever asks a process that does not listen yet asks again soon; the client's own retries would only delay that.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Last call: nothing is asked after it.
    func shutdown() async {
        // The only error says that it was shut down before.
        try? await self.http.shutdown()
    }

    func simulatorStatus() async throws -> SimulatorStatus { try await self.get("\(self.simulator)/_sim/status") }
    func violations() async throws -> [SimulatorViolation] { try await self.get("\(self.simulator)/_sim/violations") }
    func clusterStatus() async throws -> ClusterStatus { try await self.get("\(self.admin)/v1/status") }

    /// One page of the ledger, as lines. Blocks its thread: for the checker's own one.
    func ledgerPage(after cursor: Int64) throws -> ByteBuffer {
        try self.getBlocking("\(self.simulator)/_sim/ledger?after=\(cursor)&limit=\(Self.pageSize)")
    }

    /// Blocks its thread: for the checker's own one.
    func simulatorStatusBlocking() throws -> SimulatorStatus {
        try JSONDecoder().decode(SimulatorStatus.self, from: Data(self.getBlocking("\(self.simulator)/_sim/status").readableBytesView))
    }

    /// Lines of a ledger page; a shorter one is the last.
    static let pageSize = 10_000

    private func get<Value: Decodable>(_ url: String) async throws -> Value {
        let response = try await self.http.execute(HTTPClientRequest(url: url), timeout: .seconds(2))
        guard response.status == .ok else { throw HTTPFailure(url: url, status: Int(response.status.code)) }
        let body = try await response.body.collect(upTo: 64 << 20)
        return try JSONDecoder().decode(Value.self, from: Data(body.readableBytesView))
    }

    private func getBlocking(_ url: String) throws -> ByteBuffer {
        let response = try self.http.get(url: url, deadline: .now() + .seconds(5)).wait()
        guard response.status == .ok else { throw HTTPFailure(url: url, status: Int(response.status.code)) }
        return response.body ?? ByteBuffer()
    }
}

struct HTTPFailure: Error, CustomStringConvertible {
    var url: String
    var status: Int
    var description: String { "\(self.url) answered \(self.status)" }
}
