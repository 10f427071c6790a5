import GatewayModel
import SimulatedGateway
import Testing

@Suite struct RefusalTests {
    @Test(
        "a refused RESUME ends its session or not, as its kind says",
        arguments: [
            (.invalidSession(resumable: false), false), (.invalidSession(resumable: true), true), (.close(code: 4007), false), (.close(code: 4000), true),
            (.reconnect, true), (.silence, true),
        ] as [(Refusal, Bool)])
    func resume(refusal: Refusal, survives: Bool) {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection)
        _ = gateway.handle(.inject(.refuseResume(next: 1, refusal)))
        let id = gateway.connect()
        let outputs = gateway.resume(id, live.session, from: 1)
        switch refusal {
        case .invalidSession(let resumable): #expect(outputs == [.send(id, .invalidSession(resumable: resumable))])
        case .close(let code): #expect(outputs == [.close(id, code: code)])
        case .reconnect: #expect(outputs == [.send(id, .reconnect)])
        case .silence: #expect(outputs == [])
        }
        #expect(gateway.machine.sessionStatuses.count == (survives ? 1 : 0))
        #expect(gateway.machine.counts.resumesRefused == 1)
        #expect(gateway.violations == [])
        guard survives else { return }
        #expect(gateway.resume(gateway.connect(), live.session, from: 1).dispatches.map(\.type) == [.resumed])
    }

    @Test("a refused IDENTIFY counts towards both limits, and leaves the connection as before it") func identify() {
        var gateway = Gateway { $0.identifyLimitTotal = 10 }
        _ = gateway.handle(.inject(.refuseIdentify(next: 2, .silence)))
        for _ in 0..<2 {
            let id = gateway.connect()
            #expect(gateway.identify(id) == [])
            #expect(gateway.send(.heartbeat(sequence: nil), on: id) == [.send(id, .heartbeatACK)])
            _ = gateway.after(.seconds(5))
        }
        #expect(gateway.machine.identifiesRemaining(at: gateway.now) == 8)
        #expect(gateway.identify(gateway.connect()).dispatches.map(\.type) == [.ready])
        #expect(gateway.machine.identifyArrivals.map(\.accepted) == [false, false, true])
    }

    @Test("a connection ends after its payloads, whatever would follow, and the rest is replayed", arguments: 0...7) func endEarly(payloads: Int) {
        var gateway = Gateway(guilds: 0..<4)
        _ = gateway.handle(.inject(.endEarly(next: 1, payloads: payloads, .close(code: 4000))))
        let opened = gateway.open()
        let outputs = opened.outputs + gateway.identify(opened.id, intents: Intents.guilds)
        // HELLO, READY, four GUILD_CREATEs.
        #expect(outputs.filter { if case .send = $0 { true } else { false } }.count == min(6, payloads))
        #expect(outputs.closes == (payloads <= 6 ? [4000] : []))
        #expect(gateway.machine.sessionStatuses.map(\.sequence) == (payloads < 2 ? [] : [5]))
        guard let session = gateway.machine.sessionStatuses.first else { return }
        let replayed = gateway.resume(gateway.connect(), session.sessionID, from: Int64(min(6, payloads)) - 1).dispatches
        #expect(replayed.dropLast().map(\.sequence) == Array(Int64(min(6, payloads))..<6))
        #expect(replayed.last?.type == .resumed)
    }

    @Test("an early end with a code that ends the session takes it along, also in the middle of a replay") func endEarlyWithSession() {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection)
        for number in 0..<3 { gateway.publish(guild: UInt64(number)) }
        _ = gateway.handle(.inject(.endEarly(next: 1, payloads: 2, .close(code: 4009))))
        let id = gateway.connect()
        let outputs = gateway.resume(id, live.session, from: 1)
        #expect(outputs.dispatches.map(\.sequence) == [2])
        #expect(outputs.closes == [4009])
        #expect(gateway.machine.sessionStatuses == [])
        _ = gateway.handle(.inject(.endEarly(next: 1, payloads: 1, .cut(.fin))))
        #expect(gateway.open().outputs.last == .cut(ConnectionID(rawValue: 3), .fin))
    }
}
