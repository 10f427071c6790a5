import ClusterModel
import ClusterTestKit
import Foundation
import GatewayModel
import Logging
import Testing

@testable import ClusterStore

@Suite("TLS to PostgreSQL") struct TLSTests {
    @Test("the options of libpq hold: a verified server is used, an unverified one refused", .timeLimit(.minutes(2))) func verifies() async throws {
        let server = try await PostgresServer.start()
        defer { server.stop() }
        let certificate = try await server.makeCertificate()
        try await server.stopImmediately()
        try await server.startAgain(settings: ["ssl=on"])
        // Where the tests do not run as root they own the directory; elsewhere root may read it.
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("root-\(UUID().uuidString).crt")
        try FileManager.default.copyItem(atPath: certificate, toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }

        let options = try PostgresOptions(uri: server.uri() + "?sslmode=verify-full&sslrootcert=\(copy.path)")
        let connection = PostgresConnection(options, name: "test-tls", logger: Logger(label: "test"))
        let question = PostgresStatement("SELECT 1 FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl", whenFewer: .refuse("no TLS"))
        let ending = await connection.transact([question])
        await connection.close()
        guard case .committed = ending else {
            Issue.record("\(ending)")
            return
        }

        let stranger = try StoreLocation(parsing: server.uri() + "?sslmode=verify-full&sslrootcert=/nonexistent/root.crt")
        await #expect {
            _ = try await stranger.open()
        } throws: { error in
            guard case .unreachable(_, let reason) = error as? StoreError else { return false }
            return reason.contains("root certificate")
        }
    }

    @Test("a server without TLS is refused where TLS is required") func requires() async throws {
        let server = try await SharedPostgres.server()
        let location = try StoreLocation(parsing: server.uri() + "?sslmode=require")
        await #expect {
            _ = try await location.open()
        } throws: { error in
            guard case .unreachable(_, let reason) = error as? StoreError else { return false }
            return reason.contains("SSL")
        }
    }
}
