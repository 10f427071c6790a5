import GatewayModel
import Testing

@Suite("A live connection") struct LiveTests {
    @Test("beats first after a random part of the interval, then each interval, with the accepted sequence") func beats() {
        var firsts: Set<Instant> = []
        for seed in UInt64(0)..<50 {
            var harness = MachineHarness(session: MachineHarness.stored, seed: seed)
            harness.handle(.start)
            harness.comeToResume()
            let start = harness.now
            harness.handle(.resumed(sequence: 11))
            guard let first = harness.machine.deadline else { return #expect(Bool(false), "no beat is planned") }
            #expect(first >= start && first < start + MachineHarness.interval)
            firsts.insert(first)
            #expect(harness.pass(first - start).beats == [10])
            harness.handle(.heartbeatAcknowledged)
            harness.handle(.accepted(sequence: 11, sessionID: "stored"))
            #expect(harness.pass(MachineHarness.interval).beats == [11])
        }
        #expect(firsts.count > 40)
    }

    @Test("answers op 1 at once, without shifting its own beats") func requested() {
        var harness = MachineHarness.resumed()
        let deadline = harness.machine.deadline
        #expect(harness.handle(.heartbeatRequested) == [.sendHeartbeat(sequence: 10)])
        #expect(harness.machine.deadline == deadline)
    }

    @Test("without an ACK until the next beat is a zombie: 4000, then RESUME") func zombie() {
        var harness = MachineHarness.resumed()
        #expect(harness.pass(MachineHarness.interval).beats == [10])
        let effects = harness.pass(MachineHarness.interval)
        #expect(effects.closes == [4000])
        #expect(effects.dials.first == MachineHarness.resumeURL)
    }

    @Test("is no zombie while we are the ones not reading, and gets a whole interval after it") func pausedZombie() {
        var harness = MachineHarness.resumed()
        harness.handle(.readingPaused(true))
        let effects = harness.pass(MachineHarness.interval * 5)
        #expect(effects.closes == [])
        #expect(effects.beats.count == 5)
        harness.handle(.readingPaused(false))
        #expect(harness.pass(MachineHarness.interval).closes == [])
        #expect(harness.pass(MachineHarness.interval).closes == [4000])
    }

    @Test("leaves with 4000 on op 7 and RESUMEs within 50 ms") func reconnect() {
        var harness = MachineHarness.resumed()
        harness.pass(.seconds(6))
        #expect(harness.handle(.reconnectRequested).closes == [4000])
        #expect(harness.handle(.dispatch(sequence: 12)) == [])
        harness.handle(.closed(code: nil, reason: ""))
        #expect(harness.pass(.milliseconds(50)).dials == [MachineHarness.resumeURL])
    }

    @Test("op 7 before HELLO is obeyed") func reconnectBeforeHello() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.handle(.connected)
        #expect(harness.handle(.reconnectRequested).closes == [4000])
        harness.handle(.closed(code: nil, reason: ""))
        #expect(harness.pass(.seconds(1)).dials == [MachineHarness.base])
    }

    @Test("that ends again and again is retried ever later, never at once twice") func backoff() {
        var harness = MachineHarness.resumed()
        var waits: [Duration] = []
        for _ in 0..<9 {
            harness.handle(.reconnectRequested)
            harness.handle(.closed(code: nil, reason: ""))
            let left = harness.now
            while harness.machine.phase != .dialing { harness.pass(.milliseconds(5)) }
            waits.append(harness.now - left)
            harness.comeToResume()
            harness.handle(.resumed(sequence: (harness.machine.receivedSequence ?? 0) + 1))
        }
        #expect(waits[0] <= .milliseconds(55))
        #expect(waits[1] >= .milliseconds(500))
        #expect(waits[5] >= .seconds(7))
        #expect(waits.allSatisfy { $0 <= .milliseconds(15_005) })
    }

    @Test("goes on when s goes backwards, and says so") func backwards() {
        var harness = MachineHarness.resumed()
        for sequence in [Int64(11), 3, 0] {
            let effects = harness.handle(.dispatch(sequence: sequence))
            #expect(effects.count == 1)
            #expect(effects.reports.contains { if case .anomaly = $0 { true } else { false } })
        }
        #expect(harness.handle(.dispatch(sequence: 12)) == [.deliver])
    }

    @Test("asks Discord again when s jumps; the same jump again is a gap") func jump() {
        var harness = MachineHarness.resumed()
        harness.handle(.dispatch(sequence: 12))
        let effects = harness.handle(.dispatch(sequence: 20))
        #expect(effects.closes == [4000])
        #expect(!effects.contains(.deliver))
        harness.handle(.closed(code: nil, reason: ""))
        harness.pass(.seconds(1))
        harness.comeToResume()
        harness.handle(.dispatch(sequence: 11))
        harness.handle(.dispatch(sequence: 12))
        let again = harness.handle(.dispatch(sequence: 20))
        #expect(again.gaps == [.sequenceJump])
        #expect(again.last == .deliver)
        #expect(harness.handle(.dispatch(sequence: 21)) == [.deliver])
    }

    @Test("a jump that the RESUME fills is none") func filledJump() {
        var harness = MachineHarness.resumed()
        harness.handle(.dispatch(sequence: 13))
        harness.handle(.closed(code: nil, reason: ""))
        harness.pass(.seconds(1))
        harness.comeToResume()
        harness.handle(.dispatch(sequence: 11))
        #expect(harness.handle(.dispatch(sequence: 12)) == [.deliver])
        #expect(harness.handle(.dispatch(sequence: 13)) == [.deliver])
    }

    @Test("that sends what cannot be read is left with 4000, and not resumed at once") func malformed() {
        var harness = MachineHarness.resumed()
        harness.pass(.seconds(10))
        let effects = harness.handle(.malformed(reason: "no JSON"))
        #expect(effects.reports.contains(.anomaly(.malformed, "no JSON")))
        #expect(effects.closes == [4000])
        harness.handle(.closed(code: nil, reason: ""))
        #expect(harness.pass(.milliseconds(200)).dials == [])
        #expect(harness.pass(.seconds(1)).dials == [MachineHarness.resumeURL])
    }

    @Test(
        "stops on a fatal code, and declares the gap",
        arguments: [
            (UInt16(4004), CloseDisposition.stopApplication), (4010, .stopShardSet), (4011, .stopShardSet), (4012, .stopApplication),
            (4013, .stopApplication), (4014, .stopApplication),
        ])
    func fatal(code: UInt16, disposition: CloseDisposition) {
        var harness = MachineHarness.resumed()
        #expect(
            harness.handle(.closed(code: code, reason: "")) == [
                .report(.disconnected(code: code, reason: "", disposition)),
                .report(.gap(.sessionLost, session: MachineHarness.stored.with(sequence: 11))), .report(.sessionLost), .report(.phase(.failed)),
                .end(.fatal(code: code, disposition)),
            ])
        #expect(harness.machine.session == nil)
        #expect(harness.machine.phase == .failed)
        #expect(harness.pass(.seconds(1000)) == [])
        #expect(harness.handle(.start) == [])
    }

    @Test("delivers nothing from the instant on where authority to emit ends") func emission() {
        var harness = MachineHarness.resumed()
        harness.machine.authority.emitUntil = harness.now + .seconds(1)
        #expect(harness.machine.dispatchReceived(sequence: 12, at: harness.now) == .deliver)
        harness.now = harness.now + .seconds(1)
        #expect(harness.machine.dispatchReceived(sequence: 13, at: harness.now) == .handle)
        let effects = harness.handle(.dispatch(sequence: 13))
        #expect(!effects.contains(.deliver))
        #expect(effects.closes == [4000])
        #expect(harness.pass(.seconds(60)).dials == [])
        harness.machine.authority = .unlimited
        #expect(harness.handle(.tick).dials == [MachineHarness.resumeURL])
    }

    @Test("dial, HELLO: each has its bound") func bounds() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        #expect(harness.pass(.milliseconds(4_999)) == [])
        let effects = harness.pass(.milliseconds(60))
        #expect(effects.contains(.drop))
        #expect(effects.dials == [MachineHarness.base])
        harness.handle(.connected)
        #expect(harness.pass(.milliseconds(9_999)) == [])
        #expect(harness.pass(.milliseconds(1)).closes == [4000])
        // The peer does not answer the close frame either.
        #expect(harness.pass(.seconds(1)).contains(.drop))
    }

    @Test("HELLO with a senseless interval is not lived with", arguments: [Duration.zero, .seconds(-1), .seconds(100_000)]) func hello(interval: Duration) {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.handle(.connected)
        #expect(harness.handle(.hello(heartbeatInterval: interval)).closes == [4000])
    }
}
