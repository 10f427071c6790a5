import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around the sequence") struct SequenceDefectTests {
    @Test("Defect 13: what is handed over says how far the sink took it, and where to resume") func defect13State() {
        var harness = MachineHarness()
        harness.identify()
        for sequence in Int64(2)...9 { harness.handle(.dispatch(sequence: sequence)) }
        // It arrives while the owner is being asked for its state: it is neither in the state nor delivered here.
        harness.handle(.stop(.handOff))
        #expect(harness.handle(.dispatch(sequence: 10)) == [])
        harness.handle(.accepted(sequence: 9, sessionID: "new"))
        harness.handle(.flushed)
        let ends = harness.handle(.closed(code: 4000, reason: "")).ends
        #expect(ends == [.stopped(GatewaySession(sessionID: "new", resumeGatewayURL: MachineHarness.resumeURL, sequence: 9))])
    }

    @Test("Defect 36: the same s three times is delivered once") func defect36Repeated() {
        var harness = MachineHarness.resumed()
        let effects = (1...3).flatMap { _ in harness.handle(.dispatch(sequence: 12)) }
        #expect(effects.count { $0 == .deliver } == 1)
        // It is no reason to leave either.
        #expect(effects.closes == [])
        #expect(harness.machine.dispatchReceived(sequence: 12, at: harness.now) != .deliver)
    }

    @Test("Defect 36: a skipped s is not swallowed: resumed, so that Discord sends what is missing") func defect36Skipped() {
        var harness = MachineHarness.resumed()
        let effects = harness.handle(.dispatch(sequence: 13))
        #expect(!effects.contains(.deliver))
        #expect(effects.closes == [4000])
        harness.handle(.closed(code: nil, reason: ""))
        harness.pass(.seconds(3))
        #expect(harness.comeToResume().resumes.count == 1)
        // The sink accepted up to 10, so the replay begins with 11, which was delivered already.
        #expect((Int64(11)...13).map { harness.handle(.dispatch(sequence: $0)).contains(.deliver) } == [false, true, true])
    }

    @Test("Defect 42: heartbeats carry the sequence, and it rises") func defect42Heartbeats() {
        var harness = MachineHarness()
        harness.identify()
        var last: Int64 = 0
        for sequence in Int64(2)...6 {
            harness.handle(.dispatch(sequence: sequence))
            harness.handle(.accepted(sequence: sequence, sessionID: "new"))
            let beat = harness.handle(.heartbeatRequested).beats
            #expect(beat == [sequence])
            #expect((beat.first ?? nil) ?? 0 > last)
            last = sequence
        }
    }
}
