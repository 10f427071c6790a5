import GatewayModel
import Testing

@Suite("RESUME") struct ResumeTests {
    @Test("comes first where a session is stored, on its own URL, and needs no permit") func first() {
        var harness = MachineHarness(session: MachineHarness.stored)
        #expect(harness.handle(.start) == [.report(.phase(.dialing)), .dial(url: MachineHarness.resumeURL)])
        #expect(harness.comeToResume() == [.report(.phase(.resuming)), .sendResume(MachineHarness.stored)])
        #expect(harness.handle(.resumed(sequence: 11)) == [.deliver, .report(.resumed(MachineHarness.stored, replayed: 0)), .report(.phase(.live))])
    }

    @Test("is tried on the base URL when the resume host cannot be reached, then there again") func fallsBack() {
        var harness = MachineHarness(session: MachineHarness.stored)
        var dials = harness.handle(.start).dials
        for _ in 0..<3 {
            harness.handle(.failedToConnect(reason: "refused"))
            dials += harness.pass(.seconds(3)).dials.prefix(1)
        }
        #expect(dials == [MachineHarness.resumeURL, MachineHarness.base, MachineHarness.resumeURL, MachineHarness.base])
    }

    @Test("carries the accepted sequence; what was received already is dropped, what is new delivered") func accepted() {
        var harness = MachineHarness.resumed()
        for sequence in Int64(12)...20 { #expect(harness.handle(.dispatch(sequence: sequence)) == [.deliver]) }
        harness.handle(.accepted(sequence: 15, sessionID: "stored"))
        harness.handle(.closed(code: nil, reason: "reset"))
        #expect(harness.pass(.milliseconds(50)).dials == [MachineHarness.resumeURL])
        #expect(harness.comeToResume().resumes.map(\.sequence) == [15])
        for sequence in Int64(16)...20 { #expect(harness.handle(.dispatch(sequence: sequence)) == []) }
        #expect(harness.handle(.dispatch(sequence: 21)) == [.deliver])
        let effects = harness.handle(.resumed(sequence: 22))
        #expect(effects.first == .deliver)
        #expect(effects.reports.contains { if case .resumed(_, 1) = $0 { true } else { false } })
    }

    @Test("declares a hole before what follows it") func hole() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.comeToResume()
        #expect(harness.handle(.dispatch(sequence: 14)) == [.report(.gap(.replayHole, session: MachineHarness.stored)), .deliver])
        #expect(harness.handle(.dispatch(sequence: 15)) == [.deliver])
    }

    @Test("declares a hole that RESUMED itself shows") func holeAtResumed() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.comeToResume()
        #expect(harness.handle(.resumed(sequence: 14)).prefix(2) == [.report(.gap(.replayHole, session: MachineHarness.stored)), .deliver])
        #expect(harness.machine.phase == .live)
    }

    @Test("is no hole where the missing were received before") func noHole() {
        var harness = MachineHarness.resumed()
        for sequence in Int64(12)...20 { harness.handle(.dispatch(sequence: sequence)) }
        harness.handle(.closed(code: nil, reason: "reset"))
        harness.pass(.milliseconds(50))
        harness.comeToResume()
        #expect(harness.handle(.dispatch(sequence: 18)) == [])
        #expect(harness.handle(.dispatch(sequence: 21)) == [.deliver])
    }

    @Test("without any dispatch for 15 s ends with 4000 and is tried again, on the other URL; the third time the session is lost") func silence() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        for attempt in 1...3 {
            #expect(harness.comeToResume().resumes == [MachineHarness.stored])
            #expect(harness.pass(.milliseconds(14_999)).closes == [])
            let effects = harness.pass(.milliseconds(1))
            #expect(effects.closes == [4000])
            #expect(effects.gaps == (attempt == 3 ? [.sessionLost] : []))
            #expect(effects.reports.contains(.sessionLost) == (attempt == 3))
            harness.handle(.closed(code: 4000, reason: ""))
            #expect(harness.pass(.seconds(3)).dials == [[MachineHarness.base], [MachineHarness.resumeURL], []][attempt - 1])
        }
        #expect(harness.machine.phase == .awaitingPermit)
        #expect(harness.identify().identifies == 1)
    }

    @Test("silence counts with closes; something replayed begins the count anew") func silenceAndCloses() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        for step in 1...6 {
            while harness.machine.phase != .dialing { harness.pass(.milliseconds(10)) }
            harness.comeToResume()
            switch step {
            case 1, 4, 6: harness.handle(.closed(code: nil, reason: ""))
            case 2, 5:
                harness.pass(.seconds(15))
                harness.handle(.closed(code: nil, reason: ""))
            default:
                harness.handle(.resumed(sequence: 11))
                harness.handle(.closed(code: nil, reason: ""))
            }
            #expect((harness.machine.session == nil) == (step == 6))
        }
    }

    @Test(
        "goes to the other URL where a connection ends before HELLO",
        arguments: [
            SessionInput.closed(code: nil, reason: ""), .closed(code: 4000, reason: ""), .reconnectRequested, .malformed(reason: ""),
            .invalidSession(resumable: true), .hello(heartbeatInterval: .zero), .tick,
        ]) func uselessHost(input: SessionInput)
    {
        var harness = MachineHarness(session: MachineHarness.stored)
        var dials = harness.handle(.start).dials
        for _ in 0..<3 {
            harness.handle(.connected)
            if input == .tick { harness.pass(.seconds(10)) }
            harness.handle(input)
            harness.handle(.closed(code: nil, reason: ""))
            dials += harness.pass(.seconds(3)).dials.prefix(1)
        }
        #expect(dials == [MachineHarness.resumeURL, MachineHarness.base, MachineHarness.resumeURL, MachineHarness.base])
    }

    @Test(
        "goes to the other URL where a connection ends before anything is replayed, and not after",
        arguments: [SessionInput.closed(code: nil, reason: ""), .reconnectRequested, .malformed(reason: ""), .sendFailed(reason: "")], [false, true])
    func silentHost(input: SessionInput, isReplaying: Bool) {
        if case .sendFailed = input, isReplaying { return }
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.comeToResume()
        if isReplaying { harness.handle(.dispatch(sequence: 11)) }
        harness.handle(input)
        harness.handle(.closed(code: nil, reason: ""))
        #expect(harness.pass(.seconds(1)).dials == [isReplaying ? MachineHarness.resumeURL : MachineHarness.base])
    }

    @Test("that did not leave ends the connection, and is no refusal of the session") func unsent() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        for _ in 0..<5 {
            harness.comeToResume()
            #expect(
                harness.handle(.sendFailed(reason: "full")) == [
                    .drop, .report(.disconnected(code: nil, reason: "full", .resume)), .report(.phase(.waiting)),
                ])
            while harness.machine.phase != .dialing { harness.pass(.milliseconds(10)) }
        }
        #expect(harness.machine.session == MachineHarness.stored)
    }

    @Test("refused leads to a gap and a permit", arguments: [UInt16(4007), 4009, 4001, 4003, 4005]) func refused(code: UInt16) {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.comeToResume()
        let effects = harness.handle(.closed(code: code, reason: ""))
        #expect(effects.gaps == [.sessionLost])
        #expect(effects.reports.contains(.sessionLost))
        #expect(harness.machine.phase == .awaitingPermit)
        #expect(effects.dials == [])
        #expect(harness.machine.session == nil)
        #expect(harness.machine.deadline == nil)
    }

    @Test("refused by op 9 waits 1 to 5 s for a permit; op 9 true tries again") func invalidSession() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.comeToResume()
        #expect(harness.handle(.invalidSession(resumable: true)).closes == [4000])
        harness.handle(.closed(code: nil, reason: ""))
        #expect(harness.pass(.seconds(1)).dials.count == 1)
        harness.comeToResume()
        let lost = harness.now
        let effects = harness.handle(.invalidSession(resumable: false))
        #expect(effects.gaps == [.sessionLost])
        #expect(effects.closes == [4000])
        harness.handle(.closed(code: 4000, reason: ""))
        while harness.machine.phase != .awaitingPermit { harness.pass(.milliseconds(10)) }
        #expect((.milliseconds(1000)...Duration.milliseconds(5020)).contains(harness.now - lost))
    }

    @Test("ended three times by any other close leads to IDENTIFY", arguments: [UInt16?.none, 1000, 4000, 4008, 4999]) func hopeless(code: UInt16?) {
        var harness = MachineHarness(session: MachineHarness.stored)
        var effects = harness.handle(.start)
        for attempt in 1...3 {
            #expect(effects.dials.count == 1, "attempt \(attempt)")
            harness.comeToResume()
            effects = harness.handle(.closed(code: code, reason: ""))
            #expect(effects.gaps == (attempt == 3 ? [.sessionLost] : []))
            effects = harness.pass(.seconds(3))
        }
        #expect(harness.machine.phase == .awaitingPermit)
    }

    @Test("cut in the middle of a replay does not count as refused") func cutReplay() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        for sequence in Int64(11)...20 {
            harness.comeToResume()
            #expect(harness.handle(.dispatch(sequence: sequence)) == [.deliver])
            harness.handle(.closed(code: nil, reason: "reset"))
            while harness.machine.phase != .dialing { harness.pass(.milliseconds(100)) }
        }
        #expect(harness.machine.session != nil)
    }

    @Test("that may not be sent any more is not sent") func authority() {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.machine.authority = DialAuthority(dialUntil: harness.now, emitUntil: nil)
        #expect(harness.handle(.start).dials == [])
        #expect(harness.machine.deadline == nil)
        harness.machine.authority.dialUntil = harness.now + .seconds(1)
        #expect(harness.handle(.tick).dials == [MachineHarness.resumeURL])
        harness.handle(.connected)
        harness.now = harness.now + .seconds(1)
        #expect(harness.handle(.hello(heartbeatInterval: MachineHarness.interval)).resumes == [])
        #expect(harness.pass(.seconds(30)).dials == [])
        harness.machine.authority = .unlimited
        #expect(harness.handle(.tick).dials == [MachineHarness.resumeURL])
    }
}
