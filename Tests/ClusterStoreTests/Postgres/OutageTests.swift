import ClusterModel
import ClusterTestKit
import GatewayModel
import Logging
import Testing

@testable import ClusterStore

@Suite("Outages of PostgreSQL") struct OutageTests {
    @Test("stopped and started again, it is found again, with everything that was committed", .timeLimit(.minutes(2)))
    func restart() async throws {
        let server = try await PostgresServer.start()
        defer { server.stop() }
        let store = try await StoreLocation(parsing: server.uri()).open()
        try await store.migrate()
        let epoch = try await store.lead()
        try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 4, retiring: nil), assign(0, 1)], epoch)
        try await store.save([row(0, 1, session("a", 7))], epoch)
        let before = try await store.load(bot)
        for round in Int64(1)...2 {
            try await server.stopImmediately()
            let start = ContinuousClock.now
            for _ in 0..<20 {
                #expect(await store.commit([assign(1, 9)], epoch: epoch, application: bot).isFailed)
                #expect(await store.checkpoint([row(0, 1, session("a", 99))], epoch: epoch, application: bot).isFailed)
                await #expect(throws: StoreError.self) { _ = try await store.load(bot) }
            }
            #expect(ContinuousClock.now - start < .seconds(10), "an absent database fails at once")
            try await server.startAgain()
            // Within the longest delay between two attempts.
            let deadline = ContinuousClock.now + .seconds(20)
            var outcome = CommitOutcome.failed("")
            while outcome.isFailed, ContinuousClock.now < deadline {
                outcome = await store.checkpoint([row(0, 1, session("a", 6))], epoch: epoch, application: bot)
                if outcome.isFailed { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(outcome == .committed, "round \(round)")
            var after: StoredCluster?
            while after == nil, ContinuousClock.now < deadline {
                after = try? await store.load(bot)
                if after == nil { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(after == before, "round \(round)")
            #expect(try await store.beat(epoch: epoch, application: bot))
        }
        await store.close()
    }

    @Test("a write that waits too long for a lock fails, while reads go on") func statementTimeout() async throws {
        try await TestDatabase.withCluster(.postgres) { _, epoch, database in
            guard case .postgres(var options) = database.location else { return }
            options.statementTimeout = .seconds(30)
            var bounded = options
            bounded.statementTimeout = .milliseconds(1500)
            let store = PostgresStore(bounded, logger: Logger(label: "test"))
            let other = PostgresConnection(options, name: "test-lock", logger: Logger(label: "test"))
            let watcher = PostgresConnection(options, name: "test-watch", logger: Logger(label: "test"))
            let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
                // Keeps the leader's row locked for a while.
                group.addTask { _ = await other.transact([PostgresStatement("UPDATE leader SET beat = beat"), PostgresStatement("SELECT pg_sleep(6)")]) }
                let sleeping = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
                var isLocked = false
                let deadline = ContinuousClock.now + .seconds(20)
                while !isLocked, ContinuousClock.now < deadline {
                    if case .committed(let results) = await watcher.transact([PostgresStatement(sleeping)], access: .reading) {
                        isLocked = !results[0].rows.isEmpty
                    }
                }
                try #require(isLocked)
                let start = ContinuousClock.now
                let outcome = await store.commit([assign(0, 1)], epoch: epoch, application: bot)
                let elapsed = ContinuousClock.now - start
                #expect(elapsed > .seconds(1.4) && elapsed < .seconds(5.5), "\(elapsed)")
                #expect(try await store.shard(0).owner == nil, "reads have a connection of their own")
                try await group.waitForAll()
                return outcome
            }
            #expect(outcome.isFailed, "\(outcome)")
            try await store.write([assign(0, 1)], epoch)
            await store.close()
            await other.close()
            await watcher.close()
        }
    }

    @Test("a server that accepts and says nothing is unreachable, not a hang", .timeLimit(.minutes(1))) func silent() async throws {
        let server = try await SharedPostgres.server()
        let proxy = try FaultProxy(to: server.port)
        proxy.set(.stallAt("user"))
        proxy.start()
        defer { proxy.stop() }
        let start = ContinuousClock.now
        await #expect {
            _ = try await StoreLocation(parsing: server.uri(port: proxy.port)).open()
        } throws: { error in
            if case .unreachable = error as? StoreError { true } else { false }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("a commit that its synchronous standby did not confirm is unknown", .timeLimit(.minutes(2))) func standbyAway() async throws {
        let server = try await PostgresServer.start()
        defer { server.stop() }
        let store = try await StoreLocation(parsing: server.uri()).open()
        try await store.migrate()
        let epoch = try await store.lead()
        try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 4, retiring: nil)], epoch)
        try await server.stopImmediately()
        try await server.startAgain(settings: ["synchronous_standby_names=absent"])
        var outcome = CommitOutcome.failed("")
        let deadline = ContinuousClock.now + .seconds(20)
        while outcome.isFailed, ContinuousClock.now < deadline {
            outcome = await store.commit([assign(0, 1)], epoch: epoch, application: bot)
            if outcome.isFailed { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(outcome.isUnknown, "\(outcome)")
        await store.close()
    }

    @Test("several coordinators that migrate at once do it once") func migrateTogether() async throws {
        try await TestDatabase.withDatabase(.postgres) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let store = try await database.location.open()
                        try await store.migrate()
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
