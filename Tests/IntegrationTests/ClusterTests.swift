import ClusterModel
import ClusterTestKit
import Foundation
import GatewayModel
import Testing

@testable import LocalCluster

/// Real processes, real sockets, real databases. One at a time: they measure.
@Suite("A cluster of real processes", .serialized, .timeLimit(.minutes(3))) struct ClusterTests {
    @Test("a killed worker that is started again resumes every session, and nothing is lost") func killedWorker() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            let before = try await cluster.client.simulatorStatus()
            #expect(before.identifies == 8)
            let held = try await cluster.shards(of: "w1")
            #expect(held.count == 4)
            try await cluster.crash("w1")
            try cluster.startWorker("w1")
            try await cluster.until("the sessions of w1 are resumed", within: .seconds(20)) {
                let status = try await cluster.client.simulatorStatus()
                return status.resumes >= before.resumes + 4 && status.sessions.filter(\.attached).count == 8
            }
            try await cluster.untilLive(8)
            #expect(try await cluster.shards(of: "w1") == held)
            #expect(try await cluster.client.simulatorStatus().identifies == 8)
            try await cluster.expectNothingLost()
            try await cluster.expectNoViolations()
        }
    }

    @Test("the shards of a worker that is gone for good are resumed elsewhere") func goneForGood() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            try await cluster.crash("w2")
            try await cluster.until("w1 holds every shard", within: .seconds(30)) { try await cluster.shards(of: "w1").count == 8 }
            #expect(try await cluster.client.simulatorStatus().identifies == 8)
            try await cluster.expectNothingLost()
        }
    }

    @Test("SIGTERM of a worker moves its shards by RESUME, within moments") func drainedWorker() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2", "w3"])
            try await cluster.terminate("w3")
            try await cluster.until("w1 and w2 hold every shard", within: .seconds(10)) {
                let status = try await cluster.client.clusterStatus()
                return status.shardSet?.live == 8 && !status.shards.contains { $0.owner?.rawValue == "w3" }
            }
            #expect(try await cluster.client.simulatorStatus().identifies == 8)
            try await cluster.expectNothingLost()
            try await cluster.expectNoViolations()
        }
    }

    @Test("a coordinator that is killed and started again costs no connection and no IDENTIFY") func killedCoordinator() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            let before = try await cluster.client.simulatorStatus()
            try await cluster.crash("coordinator")
            // As long as a lone coordinator may be away: longer than any lease.
            let back = BootClock.now + .seconds(15)
            try await cluster.until("15 s have passed with every shard attached", within: .seconds(20)) {
                let attached = try await cluster.attached(of: 8)
                #expect(attached == 8)
                return BootClock.now >= back
            }
            try await cluster.startCoordinator()
            try await cluster.untilLive(8)
            let after = try await cluster.client.simulatorStatus()
            #expect(after.identifies == before.identifies)
            #expect(after.resumes == before.resumes)
            try await cluster.expectNothingLost()
        }
    }

    @Test("a drained cluster goes on with 0 IDENTIFYs") func drainedCluster() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            for name in ["w1", "w2", "coordinator", "simulator"] { try await cluster.terminate(name) }
            try await cluster.startAll(["w1", "w2"])
            let status = try await cluster.client.simulatorStatus()
            #expect(status.identifies == 8)
            #expect(status.resumes >= 8)
            try await cluster.expectNothingLost()
            try await cluster.expectNoViolations()
        }
    }

    @Test("an operator's re-shard spends one IDENTIFY for each new shard") func reshard() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            let outcome = try await Binary.run(["reshard", "--to", "12", "--admin", cluster.client.admin])
            #expect(outcome.code == 0, "\(outcome.errors)")
            try await cluster.untilLive(12, within: .seconds(60))
            #expect(try await cluster.client.simulatorStatus().identifies == 8 + 12)
            try await cluster.expectNothingLost()
            try await cluster.expectNoViolations()
        }
    }
}
