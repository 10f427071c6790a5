import GatewayModel
import SimulatedGateway
import Testing

@Suite struct ResumeTests {
    @Test("a RESUME replays exactly what came after its sequence, then RESUMED with the next s") func replay() {
        var gateway = Gateway()
        let live = gateway.live()
        for guild in 0..<3 { gateway.publish(guild: UInt64(guild)) }
        gateway.end(live.connection)
        for guild in 3..<5 { gateway.publish(guild: UInt64(guild)) }
        let id = gateway.connect()
        let replayed = gateway.resume(id, live.session, from: 2).dispatches
        #expect(replayed.map(\.sequence) == [3, 4, 5, 6, 7])
        #expect(replayed.map(\.event) == [2, 3, 4, 5, 0])
        #expect(replayed.last?.type == .resumed)
        #expect(gateway.publish(guild: 1).dispatches.map(\.sequence) == [8])
        #expect(gateway.machine.counts.resumes == 1)
    }

    @Test("RESUMED is replayed as well, and READY to who asks from 0") func everythingIsBuffered() {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection)
        let second = gateway.connect()
        _ = gateway.resume(second, live.session, from: 1)
        gateway.end(second)
        let third = gateway.connect()
        #expect(gateway.resume(third, live.session, from: 0).dispatches.map(\.type) == [.ready, .resumed, .resumed])
    }

    @Test(
        "whether a session survives depends on how the client left",
        arguments: [(nil, true), (1000, false), (1001, false), (1005, true), (4000, true)] as [(UInt16?, Bool)])
    func clientEnd(code: UInt16?, survives: Bool) {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection, code: code)
        let id = gateway.connect()
        let outputs = gateway.resume(id, live.session, from: 1)
        #expect(outputs.dispatches.map(\.type) == (survives ? [.resumed] : []))
        #expect(outputs.hasInvalidSession == !survives)
        #expect(gateway.machine.counts.closedByClient.map(\.code) == (code.map { [$0] } ?? []))
    }

    @Test("a detached session lives as long as configured, and not a nanosecond longer") func lifetime() {
        for (wait, survives) in [(Duration.seconds(90) - .nanoseconds(1), true), (.seconds(90), false)] {
            var gateway = Gateway()
            let live = gateway.live()
            gateway.end(live.connection)
            _ = gateway.after(wait)
            let id = gateway.connect()
            #expect(gateway.resume(id, live.session, from: 1).hasInvalidSession == !survives)
        }
    }

    @Test("a sequence the session never reached closes with 4007 and ends the session") func invalidSequence() {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection)
        let id = gateway.connect()
        #expect(gateway.resume(id, live.session, from: 2).closes == [4007])
        #expect(gateway.violations == [.invalidSequence])
        #expect(gateway.machine.sessionStatuses.isEmpty)
    }

    @Test("events that fell out of the buffer make a RESUME fail, by op 9 or by 4007", arguments: RefusedResume.allCases)
    func overflow(answer: RefusedResume) {
        var gateway = Gateway {
            $0.replayBuffer = 3
            $0.refusedResume = answer
        }
        let live = gateway.live()
        gateway.end(live.connection)
        for guild in 0..<4 { gateway.publish(guild: UInt64(guild)) }
        let id = gateway.connect()
        let outputs = gateway.resume(id, live.session, from: 1)
        #expect(outputs.hasInvalidSession == (answer == .invalidSession))
        #expect(outputs.closes == (answer == .close ? [4007] : []))
        #expect(gateway.machine.counts.resumesRefused == 1)
        // What could not be delivered stays due: it is lost.
        #expect(gateway.ledger.map(\.status) == [.due, .due, .due, .due])
    }

    @Test("the buffer holds exactly as many events as configured") func bufferSize() {
        var gateway = Gateway { $0.replayBuffer = 3 }
        let live = gateway.live()
        gateway.end(live.connection)
        for guild in 0..<4 { gateway.publish(guild: UInt64(guild)) }
        let id = gateway.connect()
        #expect(gateway.resume(id, live.session, from: 2).dispatches.map(\.sequence) == [3, 4, 5, 6])
    }

    @Test("by default the buffer follows the guilds of the shard", arguments: [(0, 100), (1, 100), (2, 150), (50, 3500)] as [(UInt64, Int64)])
    func defaultBuffer(guilds: UInt64, size: Int64) {
        var gateway = Gateway(guilds: 0..<guilds)
        _ = gateway.live()
        for _ in 0..<4000 { gateway.publish(guild: 1) }
        let session = gateway.machine.sessionStatuses[0]
        #expect(session.sequence - session.oldestBuffered + 1 == size)
    }

    @Test("a RESUME while the old connection is open is a violation, and takes over or is refused", arguments: ResumeWhileAttached.allCases)
    func whileAttached(rule: ResumeWhileAttached) {
        var gateway = Gateway { $0.resumeWhileAttached = rule }
        let live = gateway.live()
        let id = gateway.connect()
        let outputs = gateway.resume(id, live.session, from: 1)
        #expect(gateway.violations == [.doubleResume])
        #expect(outputs.first == (rule == .takeOver ? .close(live.connection, code: 4000) : .send(id, .invalidSession(resumable: false))))
        #expect(gateway.machine.connection(ofSession: live.session) == (rule == .takeOver ? id : live.connection))
    }

    @Test("once the old connection's end was seen, a RESUME is no violation") func afterEnd() {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection)
        let id = gateway.connect()
        _ = gateway.resume(id, live.session, from: 1)
        #expect(gateway.violations.isEmpty)
    }

    @Test("a buffer trimmed by heartbeats replays with a hole, or refuses; off, it replays all", arguments: HeartbeatTrim.allCases)
    func heartbeatTrim(rule: HeartbeatTrim) {
        var gateway = Gateway { $0.heartbeatTrim = rule }
        let live = gateway.live()
        for guild in 0..<3 { gateway.publish(guild: UInt64(guild)) }
        _ = gateway.send(.heartbeat(sequence: 3), on: live.connection)
        gateway.end(live.connection)
        let id = gateway.connect()
        let sequences = gateway.resume(id, live.session, from: 1).dispatches.map(\.sequence)
        switch rule {
        case .off: #expect(sequences == [2, 3, 4, 5])
        case .hole: #expect(sequences == [4, 5])
        case .refuse: #expect(sequences == [])
        }
    }
}
