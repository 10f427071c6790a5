import ClusterTestKit
import GatewayModel
import SimulatedGateway
import Testing

@Suite struct StateTests {
    /// A gateway with something of everything.
    private func busy() -> Gateway {
        var gateway = Gateway { $0.maxConcurrency = 2 }
        let first = gateway.live(shard: 0, of: 2, intents: Intents.guilds | Intents.guildMessages)
        _ = gateway.live(shard: 1, of: 2)
        let retired = gateway.live(shard: 0, of: 3)
        gateway.end(retired.connection, code: 1000)
        let fast = gateway.connect()
        _ = gateway.identify(fast, shard: 0, of: 2)
        for guild in 0..<200 as Range<UInt64> { gateway.publish(guild: guild) }
        gateway.end(first.connection)
        return gateway
    }

    @Test("a restored gateway has the same sessions, ledger, counts and clock, and all its sessions can be resumed") func roundTrip() throws {
        var gateway = self.busy()
        var configuration = gateway.machine.configuration
        configuration.sessionSeed = 99
        let restored = try GatewayMachine(restoring: gateway.machine.saved(), configuration: configuration)
        #expect(restored.now == gateway.now)
        #expect(restored.ledger == gateway.machine.ledger)
        #expect(restored.counts == gateway.machine.counts)
        #expect(restored.violations == gateway.machine.violations)
        #expect(restored.identifyArrivals == gateway.machine.identifyArrivals)
        #expect(restored.identifiesRemaining(at: gateway.now) == gateway.machine.identifiesRemaining(at: gateway.now))
        let before = gateway.machine.sessionStatuses
        gateway.machine = restored
        #expect(gateway.machine.sessionStatuses.map(\.sessionID) == before.map(\.sessionID))
        for session in before {
            let id = gateway.connect()
            let replayed = gateway.resume(id, session.sessionID, from: session.sequence - 5).dispatches
            #expect(replayed.map(\.sequence) == Array(session.sequence - 4...session.sequence + 1))
        }
        #expect(gateway.violations == [.identifySpacing])
    }

    @Test("the lifetime of a session does not run while the gateway is down") func lifetime() throws {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.machine = try GatewayMachine(restoring: gateway.machine.saved(), configuration: gateway.machine.configuration)
        _ = gateway.after(.seconds(89))
        let id = gateway.connect()
        #expect(gateway.resume(id, live.session, from: 1).dispatches.map(\.type) == [.resumed])
    }

    @Test("new sessions after a restart get new ids, and events go on counting") func uniqueness() throws {
        var gateway = self.busy()
        let old = Set(gateway.machine.sessionStatuses.map(\.sessionID))
        let events = gateway.machine.counts.events
        gateway.machine = try GatewayMachine(restoring: gateway.machine.saved(), configuration: gateway.machine.configuration)
        let live = gateway.live(shard: 1, of: 2)
        #expect(!old.contains(live.session))
        gateway.publish(guild: 1)
        #expect(gateway.ledger.last?.id == Int64(events) + 1)
    }

    @Test("damaged state is refused, never believed and never a crash") func damage() throws {
        let gateway = self.busy()
        let state = gateway.machine.saved()
        #expect(throws: SavedStateError.notAState) { try GatewayMachine(restoring: [], configuration: gateway.machine.configuration) }
        #expect(throws: SavedStateError.notAState) {
            try GatewayMachine(restoring: Array("{\"hello\": 1}, and some more bytes than the magic has".utf8), configuration: gateway.machine.configuration)
        }
        for length in stride(from: 30, to: state.count, by: 97) {
            #expect(throws: SavedStateError.self) { try GatewayMachine(restoring: Array(state[..<length]), configuration: gateway.machine.configuration) }
        }
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            var damaged = state
            damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            #expect(throws: SavedStateError.self) { try GatewayMachine(restoring: damaged, configuration: gateway.machine.configuration) }
        }
    }
}
