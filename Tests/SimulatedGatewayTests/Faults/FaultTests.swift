import GatewayModel
import SimulatedGateway
import Testing

@Suite struct FaultTests {
    @Test("op 7 reaches every connection, also before authentication, and closes none") func reconnect() {
        var gateway = Gateway()
        let live = gateway.live()
        let fresh = gateway.connect()
        #expect(gateway.handle(.inject(.reconnect(.all))) == [.send(live.connection, .reconnect), .send(fresh, .reconnect)])
        #expect(gateway.publish(guild: 1).dispatches.count == 1)
    }

    @Test("a fault for one shard leaves the others alone") func target() {
        var gateway = Gateway { $0.maxConcurrency = 16 }
        let first = gateway.live(shard: 0, of: 2)
        let second = gateway.live(shard: 1, of: 2)
        #expect(gateway.handle(.inject(.close(.shard(1, numShards: nil), code: 4000))) == [.close(second.connection, code: 4000)])
        #expect(gateway.handle(.inject(.close(.shard(0, numShards: 3), code: 4000))) == [])
        #expect(gateway.handle(.inject(.cut(.session(id: first.session), .reset))) == [.cut(first.connection, .reset)])
        #expect(gateway.machine.sessionStatuses.map(\.connection) == [nil, nil])
    }

    @Test("op 9 false ends the session; op 9 true leaves it to be resumed on the same connection") func invalidSession() {
        for resumable in [false, true] {
            var gateway = Gateway()
            let live = gateway.live()
            #expect(gateway.handle(.inject(.invalidate(.all, resumable: resumable))) == [.send(live.connection, .invalidSession(resumable: resumable))])
            #expect(gateway.publish(guild: 1).isEmpty)
            #expect(gateway.resume(live.connection, live.session, from: 1).dispatches.map(\.type) == (resumable ? [.messageCreate, .resumed] : []))
            #expect(gateway.violations.isEmpty)
        }
    }

    @Test(
        "a forced close ends the session where Discord refuses a RESUME",
        arguments: [(4000, true), (4002, true), (4008, true), (1000, true), (4007, false), (4009, false), (4003, false), (4014, false), (4900, true)]
            as [(UInt16, Bool)])
    func close(code: UInt16, survives: Bool) {
        var gateway = Gateway()
        let live = gateway.live()
        #expect(gateway.handle(.inject(.close(.all, code: code))) == [.close(live.connection, code: code)])
        let id = gateway.connect()
        #expect(gateway.resume(id, live.session, from: 1).hasInvalidSession == !survives)
    }

    @Test("a stalled connection gets nothing, then everything in order") func stall() {
        var gateway = Gateway()
        let live = gateway.live()
        #expect(gateway.handle(.inject(.stall(.all, .seconds(2)))).isEmpty)
        gateway.publish(guild: 1)
        _ = gateway.send(.heartbeat(sequence: 1), on: live.connection)
        gateway.publish(guild: 2)
        #expect(gateway.after(.milliseconds(1999)).isEmpty)
        let outputs = gateway.after(.milliseconds(1))
        #expect(outputs.dispatches.map(\.sequence) == [2, 3])
        #expect(outputs[1] == .send(live.connection, .heartbeatACK))
        #expect(gateway.publish(guild: 1).dispatches.map(\.sequence) == [4])
    }

    @Test("a stall that holds too much cuts the connection, and the session stays") func stallOverrun() {
        var gateway = Gateway { $0.stallLimit = 2 }
        let live = gateway.live()
        _ = gateway.handle(.inject(.stall(.all, .seconds(60))))
        gateway.publish(guild: 1)
        gateway.publish(guild: 1)
        #expect(gateway.publish(guild: 1) == [.cut(live.connection, .reset)])
        let id = gateway.connect()
        #expect(gateway.resume(id, live.session, from: 1).dispatches.map(\.sequence) == [2, 3, 4, 5])
    }

    @Test("withheld ACKs hold back nothing else, and come back") func zombie() {
        var gateway = Gateway()
        let live = gateway.live()
        _ = gateway.handle(.inject(.withholdACKs(.all, .seconds(10))))
        #expect(gateway.send(.heartbeat(sequence: 1), on: live.connection).isEmpty)
        #expect(gateway.publish(guild: 1).count == 1)
        _ = gateway.after(.seconds(10))
        #expect(gateway.send(.heartbeat(sequence: 1), on: live.connection) == [.send(live.connection, .heartbeatACK)])
    }

    @Test("a forgotten session gets no more events; what the client sends there then is not authenticated") func forget() {
        var gateway = Gateway()
        let live = gateway.live()
        #expect(gateway.handle(.inject(.forget(.all))).isEmpty)
        #expect(gateway.publish(guild: 1).isEmpty)
        #expect(gateway.ledger.map(\.status) == [.unowned])
        #expect(gateway.send(.command(.presence(SimulatedPresence())), on: live.connection).closes == [4003])
    }

    @Test("the next connections are greeted as asked, then HELLO is back", arguments: Greeting.allCases) func greeting(greeting: Greeting) {
        var gateway = Gateway()
        _ = gateway.handle(.inject(.greet(next: 1, greeting)))
        let (id, outputs) = gateway.open()
        let hello = GatewayOutput.send(id, .hello(heartbeatIntervalMilliseconds: 41_250))
        switch greeting {
        case .reconnectInstead: #expect(outputs == [.send(id, .reconnect)])
        case .reconnectBefore: #expect(outputs == [.send(id, .reconnect), hello])
        case .silence: #expect(outputs == [])
        case .close: #expect(outputs == [.close(id, code: 4000)])
        case .cut: #expect(outputs == [.cut(id, .reset)])
        }
        let (next, after) = gateway.open()
        #expect(after == [.send(next, .hello(heartbeatIntervalMilliseconds: 41_250))])
    }

    @Test("changed rules hold from then on") func configure() {
        var gateway = Gateway()
        var change = ConfigurationChange()
        change.maxConcurrency = 16
        change.identifyLimitTotal = 50
        _ = gateway.handle(.inject(.configure(change)))
        _ = gateway.handle(.inject(.setIdentifiesSpent(49)))
        #expect(gateway.machine.identifiesRemaining(at: gateway.now) == 1)
        #expect(gateway.machine.configuration.maxConcurrency == 16)
        #expect(gateway.machine.configuration.recommendedShards == 1)
    }
}
