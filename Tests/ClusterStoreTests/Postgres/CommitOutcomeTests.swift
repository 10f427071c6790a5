import ClusterModel
import ClusterTestKit
import GatewayModel
import Testing

@testable import ClusterStore

@Suite("Commit outcomes on PostgreSQL") struct CommitOutcomeTests {
    enum Expected: Sendable { case failed, unknown }

    /// A moment at which the network breaks, what the store must say, and whether the transaction is there afterwards.
    struct Break: Sendable, CustomTestStringConvertible {
        var name: String
        var fault: FaultProxy.Fault
        var expected: Expected
        var isWritten: Bool
        var testDescription: String { self.name }
    }

    /// As it is on the wire, which `READ COMMITTED` is not.
    private static let commit = "COMMIT\0"

    static let breaks = [
        Break(name: "before the first statement", fault: .cutBefore("BEGIN"), expected: .failed, isWritten: false),
        Break(name: "before the answers to the statements", fault: .cutAfter("BEGIN"), expected: .failed, isWritten: false),
        Break(name: "before COMMIT reached the server", fault: .cutBefore(commit), expected: .unknown, isWritten: false),
        Break(name: "after COMMIT was executed", fault: .cutAfter(commit), expected: .unknown, isWritten: true),
        Break(name: "silence after the statements", fault: .stallAt("BEGIN"), expected: .failed, isWritten: false),
        Break(name: "silence after COMMIT", fault: .stallAt(commit), expected: .unknown, isWritten: true),
    ]

    @Test("a broken connection gives an honest outcome, and the next write connects again", arguments: breaks)
    func outcome(_ moment: Break) async throws {
        try await TestDatabase.withProxiedStore { store, proxy in
            let epoch = try await store.lead()
            try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 4, retiring: nil)], epoch)
            proxy.set(moment.fault)
            let start = ContinuousClock.now
            let outcome = await store.commit([assign(0, 1), .transition(Transition(kind: .assigned))], epoch: epoch, application: bot)
            #expect(ContinuousClock.now - start < .seconds(10), "bounded, whatever the network does")
            switch moment.expected {
            case .failed: #expect(outcome.isFailed, "\(outcome)")
            case .unknown: #expect(outcome.isUnknown, "\(outcome)")
            }
            proxy.set(.none)
            #expect(try await store.shard(0).owner == (moment.isWritten ? StableID(rawValue: "w1") : nil))
            try await store.write([assign(1, 1)], epoch)
        }
    }

    @Test("a checkpoint's outcome is as honest", arguments: breaks) func checkpoint(_ moment: Break) async throws {
        try await TestDatabase.withProxiedStore { store, proxy in
            let epoch = try await store.lead()
            try await store.write([.activateGeneration(Generation(rawValue: 1), numShards: 4, retiring: nil)], epoch)
            proxy.set(moment.fault)
            let outcome = await store.checkpoint([row(0, 0, session("a", 1))], epoch: epoch, application: bot)
            #expect(moment.expected == .failed ? outcome.isFailed : outcome.isUnknown, "\(outcome)")
            proxy.set(.none)
            #expect(try await store.shard(0).session == (moment.isWritten ? session("a", 1) : nil))
            // Doing it again is harmless.
            try await store.save([row(0, 0, session("a", 1))], epoch)
            #expect(try await store.shard(0).session == session("a", 1))
        }
    }

    @Test("a campaign whose commit was lost is no victory; the epoch rises with the next") func campaign() async throws {
        try await TestDatabase.withProxiedStore { store, proxy in
            let first = try await store.lead()
            try await store.resign(epoch: first, application: bot)
            proxy.set(.cutAfter(Self.commit))
            await #expect {
                _ = try await store.campaign(for: bot, holder: "c2", overriding: nil)
            } throws: { error in
                if case .outcomeUnknown = error as? StoreError { true } else { false }
            }
            proxy.set(.none)
            guard case .held(let beat) = try await store.campaign(for: bot, holder: "c2", overriding: nil) else {
                Issue.record("the lost campaign had won")
                return
            }
            guard case .won(let epoch) = try await store.campaign(for: bot, holder: "c2", overriding: beat) else {
                Issue.record("an unchanged beat is overridden")
                return
            }
            #expect(epoch > beat.epoch && beat.epoch > first)
        }
    }

    @Test("a beat that changed is not overridden") func livingLeader() async throws {
        try await TestDatabase.withStore(.postgres) { store, _ in
            let epoch = try await store.lead()
            guard case .held(let beat) = try await store.campaign(for: bot, holder: "c2", overriding: nil) else {
                Issue.record("won against a living leader")
                return
            }
            #expect(beat.epoch == epoch && beat.holder == "c1")
            #expect(try await store.beat(epoch: epoch, application: bot))
            let again = try await store.campaign(for: bot, holder: "c2", overriding: beat)
            #expect(again == .held(LeaderBeat(epoch: epoch, holder: "c1", beat: beat.beat + 1)))
            #expect(try await store.beat(epoch: epoch, application: bot))
        }
    }
}

extension TestDatabase {
    /// Runs `body` on a migrated store that reaches its database through a proxy.
    static func withProxiedStore(_ body: (any ClusterStore, FaultProxy) async throws -> Void) async throws {
        let server = try await SharedPostgres.server()
        let database = try await server.makeDatabase()
        let proxy = try FaultProxy(to: server.port)
        proxy.start()
        defer { proxy.stop() }
        let store = try await StoreLocation(parsing: server.uri(database: database, port: proxy.port)).open()
        do {
            try await store.migrate()
            try await body(store, proxy)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}
