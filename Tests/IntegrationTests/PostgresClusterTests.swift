import ClusterModel
import ClusterTestKit
import Foundation
import GatewayModel
import Testing

@testable import LocalCluster

@Suite("A cluster on PostgreSQL", .serialized, .timeLimit(.minutes(3))) struct PostgresClusterTests {
    @Test("with PostgreSQL: the database stops and comes back, and no connection closes") func databaseAway() async throws {
        let server = try await PostgresServer.start()
        defer { server.stop() }
        let database = try await server.makeDatabase()
        try await TestCluster.with(store: server.uri(database: database)) { cluster in
            try await cluster.startAll(["w1", "w2"])
            let before = try await cluster.client.simulatorStatus()
            try await server.stopImmediately()
            try await cluster.until("the status says that the store is away") { try await !cluster.client.clusterStatus().store.available }
            let back = BootClock.now + .seconds(12)
            try await cluster.until("12 s have passed with every shard attached", within: .seconds(20)) {
                let attached = try await cluster.attached(of: 8)
                #expect(attached == 8)
                return BootClock.now >= back
            }
            try await server.startAgain()
            try await cluster.until("the status says that the store is back, and up to date") {
                let store = try await cluster.client.clusterStatus().store
                return store.available && store.openCommits == 0
            }
            // What was written since is good for a RESUME.
            try await cluster.crash("w1")
            try cluster.startWorker("w1")
            try await cluster.until("the sessions of w1 are resumed", within: .seconds(20)) {
                let status = try await cluster.client.simulatorStatus()
                return status.resumes >= before.resumes + 4 && status.sessions.filter(\.attached).count == 8
            }
            #expect(try await cluster.client.simulatorStatus().identifies == before.identifies)
            try await cluster.expectNothingLost()
        }
    }
}
