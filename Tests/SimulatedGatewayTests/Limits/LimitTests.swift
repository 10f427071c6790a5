import GatewayModel
import SimulatedGateway
import Testing

@Suite struct LimitTests {
    @Test("the 121st payload within 60 s closes with 4008, and the session stays") func sendRate() {
        var gateway = Gateway()
        let live = gateway.live()
        for _ in 0..<119 { #expect(gateway.send(.heartbeat(sequence: nil), on: live.connection) == [.send(live.connection, .heartbeatACK)]) }
        #expect(gateway.send(.heartbeat(sequence: nil), on: live.connection).closes == [4008])
        #expect(gateway.violations == [.sendRate])
        #expect(gateway.machine.sessionStatuses.count == 1)
    }

    @Test("the sixty seconds slide") func slidingWindow() {
        var gateway = Gateway { $0.sendLimit = 3 }
        let live = gateway.live()
        _ = gateway.after(.seconds(30))
        _ = gateway.send(.heartbeat(sequence: nil), on: live.connection)
        _ = gateway.send(.heartbeat(sequence: nil), on: live.connection)
        _ = gateway.after(.seconds(30))
        // IDENTIFY is 60 s ago and counts no more.
        #expect(gateway.send(.heartbeat(sequence: nil), on: live.connection).closes == [])
        #expect(gateway.send(.heartbeat(sequence: nil), on: live.connection).closes == [4008])
    }

    @Test(
        "a bad payload closes with its code, and its session resumes or not as Discord's table says",
        arguments: [
            (.tooLarge(bytes: 4097), 4002, .payloadSize, true), (.undecodable, 4002, .badPayload, true), (.unknownOp(5), 4001, .badPayload, false),
            (.badBody(op: 4), 4001, .badPayload, false),
            (.identify(Identify(token: "token", shard: 0, numShards: 1, intents: 0)), 4005, .alreadyAuthenticated, false),
            (.resume(Resume(token: "token", sessionID: "", sequence: 0)), 4005, .alreadyAuthenticated, false),
        ] as [(ClientPayload, UInt16, Violation.Kind, Bool)])
    func badPayloads(payload: ClientPayload, code: UInt16, violation: Violation.Kind, survives: Bool) {
        var gateway = Gateway()
        let live = gateway.live()
        #expect(gateway.send(payload, on: live.connection).closes == [code])
        #expect(gateway.violations == [violation])
        #expect(gateway.machine.sessionStatuses.isEmpty == !survives)
    }

    @Test("before authentication only heartbeats, IDENTIFY and RESUME are taken") func notAuthenticated() {
        var gateway = Gateway()
        let id = gateway.connect()
        #expect(gateway.send(.heartbeat(sequence: nil), on: id) == [.send(id, .heartbeatACK)])
        #expect(gateway.send(.command(.presence(SimulatedPresence())), on: id).closes == [4003])
        #expect(gateway.violations == [.notAuthenticated])
    }

    @Test("before authentication a command closes with 4003 whatever is in it", arguments: [3, 4, 8, 31, 43]) func badCommands(op: Int) {
        var gateway = Gateway()
        let id = gateway.connect()
        #expect(gateway.send(.badBody(op: op), on: id).closes == [4003])
    }

    @Test("a connection without heartbeats is closed with 4000, and its session stays") func missedHeartbeats() {
        var gateway = Gateway { $0.heartbeatInterval = .seconds(10) }
        let live = gateway.live()
        _ = gateway.after(.seconds(14))
        _ = gateway.send(.heartbeat(sequence: 1), on: live.connection)
        #expect(gateway.after(.seconds(14)).isEmpty)
        #expect(gateway.after(.seconds(1)).closes == [4000])
        #expect(gateway.machine.sessionStatuses.map(\.connection) == [nil])
    }
}
