import GatewayModel
import Testing

@Suite("Stopping") struct StopTests {
    @Test("for a hand-off stops reading, waits for the sink, closes with 4000 and ends with what was accepted") func handOff() {
        var harness = MachineHarness.resumed()
        #expect(harness.handle(.stop(.handOff)) == [.stopReading, .report(.phase(.stopping))])
        #expect(harness.machine.dispatchReceived(sequence: 12, at: harness.now) == .drop)
        #expect(harness.handle(.dispatch(sequence: 12)) == [])
        harness.handle(.accepted(sequence: 11, sessionID: "stored"))
        #expect(harness.handle(.flushed) == [.close(code: 4000)])
        var session = MachineHarness.stored
        session.sequence = 11
        #expect(harness.handle(.closed(code: 4000, reason: "")) == [.end(.stopped(session))])
    }

    @Test("for a hand-off waits neither for a dead sink nor for a dead peer") func patience() {
        var harness = MachineHarness.resumed()
        harness.handle(.stop(.handOff))
        let effects = harness.pass(.seconds(3))
        #expect(effects.closes == [4000])
        #expect(effects.contains(.drop))
        #expect(effects.ends == [.stopped(MachineHarness.stored)])
    }

    @Test("for a hand-off while IDENTIFY is under way waits a little for the session that begins") func handOffWhileIdentifying() {
        for comesReady in [true, false] {
            var harness = MachineHarness()
            harness.handle(.start)
            harness.handle(.offered(MachineHarness.permit))
            harness.handle(.connected)
            harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
            harness.handle(.granted(MachineHarness.permit, validUntil: harness.now + .seconds(2)))
            #expect(harness.handle(.stop(.handOff)) == [])
            if comesReady {
                let effects = harness.handle(.ready(sequence: 1, sessionID: "s", resumeGatewayURL: "wss://r"))
                #expect(effects.suffix(3) == [.deliver, .stopReading, .report(.phase(.stopping))])
                harness.handle(.accepted(sequence: 1, sessionID: "s"))
                harness.handle(.flushed)
                #expect(harness.handle(.closed(code: nil, reason: "")).ends.count == 1)
                #expect(harness.machine.session?.sequence == 1)
            } else {
                let effects = harness.pass(.seconds(5))
                #expect(effects.outcomes == [.unknown])
                #expect(effects.ends == [.stopped(nil)])
            }
        }
    }

    @Test("for good closes with 1000 and ends the stream with a gap") func retire() {
        var harness = MachineHarness.resumed()
        #expect(harness.handle(.stop(.retire)) == [.report(.phase(.stopping)), .close(code: 1000)])
        let gap = SessionEffect.report(.gap(.resharded, session: MachineHarness.stored.with(sequence: 11)))
        #expect(harness.handle(.closed(code: 1000, reason: "")) == [gap, .end(.stopped(nil))])
    }

    @Test("for good says why: nothing takes the session's place") func invalidate() {
        var harness = MachineHarness.resumed()
        #expect(harness.handle(.retire(.invalidated)) == [.report(.phase(.stopping)), .close(code: 1000)])
        #expect(harness.handle(.stop(.retire)) == [], "the first reason stays")
        let gap = SessionEffect.report(.gap(.invalidated, session: MachineHarness.stored.with(sequence: 11)))
        #expect(harness.handle(.closed(code: 1000, reason: "")) == [gap, .end(.stopped(nil))])

        harness = MachineHarness(session: MachineHarness.stored)
        #expect(harness.handle(.retire(.invalidated)).gaps == [.invalidated], "without a connection too")
    }

    @Test("for good takes what was on its way, each once and in order, before the gap", arguments: [true, false]) func retireInFlight(isAnswered: Bool) {
        var harness = MachineHarness.resumed()
        #expect(!harness.machine.deliversWhileClosing)
        harness.handle(.stop(.retire))
        #expect(harness.machine.deliversWhileClosing)
        for (sequence, isDelivered) in [(Int64(12), true), (12, false), (13, true), (15, false)] {
            #expect(harness.machine.dispatchReceived(sequence: sequence, at: harness.now) == .handle)
            #expect(harness.handle(.dispatch(sequence: sequence)) == (isDelivered ? [.deliver] : []))
        }
        let gap = SessionEffect.report(.gap(.resharded, session: MachineHarness.stored.with(sequence: 13)))
        let end = isAnswered ? harness.handle(.closed(code: 1000, reason: "")) : harness.pass(.seconds(1))
        #expect(end == (isAnswered ? [] : [.drop]) + [gap, .end(.stopped(nil))])
        #expect(harness.handle(.dispatch(sequence: 14)) == [])
    }

    @Test("for good takes nothing more from the instant on where authority to emit ends") func retireWithoutAuthority() {
        var harness = MachineHarness.resumed()
        harness.handle(.stop(.retire))
        harness.machine.authority.emitUntil = harness.now
        #expect(harness.handle(.dispatch(sequence: 12)) == [])
    }

    @Test("by fencing closes with 4000 and ends at once") func fence() {
        var harness = MachineHarness.resumed()
        #expect(harness.handle(.stop(.fence)) == [.close(code: 4000), .drop, .end(.stopped(MachineHarness.stored))])
        #expect(harness.handle(.dispatch(sequence: 12)) == [])
    }

    @Test("without a connection ends too", arguments: StopMode.allCases) func unconnected(mode: StopMode) {
        for session in [nil, MachineHarness.stored] {
            var harness = MachineHarness(session: session)
            harness.handle(.start)
            var effects = harness.handle(.stop(mode))
            if mode == .handOff { effects += harness.handle(.flushed) }
            #expect(effects.ends == [.stopped(mode == .retire ? nil : session)])
            #expect(effects.closes == [])
        }
    }

    @Test("a hand-off survives the end of its connection; the session it loses is not handed on") func closedMeanwhile() {
        for (code, isLost) in [(UInt16?.none, false), (4009, true)] {
            var harness = MachineHarness.resumed()
            harness.handle(.stop(.handOff))
            harness.handle(.closed(code: code, reason: ""))
            #expect(harness.handle(.flushed).ends == [.stopped(isLost ? nil : MachineHarness.stored)])
        }
    }

    @Test("a fatal code during a hand-off declares the gap and ends the run as fatal", arguments: [UInt16(4004), 4010, 4011, 4012, 4013, 4014])
    func fatalMeanwhile(code: UInt16) {
        var harness = MachineHarness.resumed()
        harness.handle(.stop(.handOff))
        let disposition = CloseDisposition.after(code: code)
        #expect(
            harness.handle(.closed(code: code, reason: "why")) == [
                .report(.disconnected(code: code, reason: "why", disposition)),
                .report(.gap(.sessionLost, session: MachineHarness.stored.with(sequence: 11))), .report(.sessionLost), .report(.phase(.failed)),
                .end(.fatal(code: code, disposition)),
            ])
        #expect(harness.handle(.flushed) == [])
    }
}
