import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around the end of a connection") struct CloseDefectTests {
    @Test("Defect 7: op 7 closes with a code that keeps the session, which is then resumed") func defect07KeepsTheSession() {
        var harness = MachineHarness.resumed()
        let closes = harness.handle(.reconnectRequested).closes
        #expect(closes.count == 1)
        #expect(closes.allSatisfy { !GatewayCloseCode(rawValue: $0).endsSessionWhenSent })
        harness.handle(.closed(code: nil, reason: ""))
        harness.pass(.seconds(1))
        #expect(harness.comeToResume().resumes == [MachineHarness.stored])
    }

    @Test("Defect 8: op 9 with true keeps the session and resumes it", arguments: [true, false]) func defect08Resumes(isLive: Bool) {
        var harness = MachineHarness(session: MachineHarness.stored)
        harness.handle(.start)
        harness.comeToResume()
        if isLive { harness.handle(.resumed(sequence: 11)) }
        let effects = harness.handle(.invalidSession(resumable: true))
        #expect(!effects.reports.contains(.sessionLost))
        harness.handle(.closed(code: nil, reason: ""))
        harness.pass(.seconds(1))
        #expect(harness.comeToResume().resumes == [MachineHarness.stored])
    }

    @Test("Defect 9: a zombie leads to one new connection, not two, and to one RESUME") func defect09OneSocket() {
        var harness = MachineHarness.resumed()
        harness.pass(MachineHarness.interval)
        guard let due = harness.machine.deadline else { return #expect(Bool(false), "no beat is planned") }
        var effects = harness.pass(due - harness.now)
        #expect(effects.closes == [4000])
        // The close event of the zombie comes late, as it did where both opened a socket.
        effects += harness.handle(.closed(code: 4000, reason: ""))
        effects += harness.pass(.seconds(3))
        #expect(effects.dials.count == 1)
        effects = harness.comeToResume() + harness.handle(.closed(code: nil, reason: "")) + harness.pass(.milliseconds(10))
        #expect(effects.resumes.count == 1)
    }

    @Test("Defect 9: op 1 while an ACK is outstanding is answered and is no zombie") func defect09RequestedBeat() {
        var harness = MachineHarness.resumed()
        #expect(harness.pass(MachineHarness.interval).beats.count == 1)
        let effects = harness.handle(.heartbeatRequested)
        #expect(effects.beats.count == 1)
        #expect(effects.closes == [])
    }

    @Test("Defect 10: a fatal code ends the run: nothing dials or identifies any more", arguments: GatewayCloseCode.all)
    func defect10NoEndlessIdentify(code: GatewayCloseCode) {
        var harness = MachineHarness()
        harness.identify()
        let effects = harness.handle(.closed(code: code.rawValue, reason: ""))
        switch code.disposition {
        case .resume, .identify: #expect(effects.ends == [])
        case .stopShardSet, .stopApplication:
            #expect(effects.ends == [.fatal(code: code.rawValue, code.disposition)])
            let later = harness.handle(.offered(PermitID(rawValue: "p2"))) + harness.pass(.seconds(3600))
            #expect(later.dials == [] && later.identifies == 0)
        }
    }

    @Test(
        "Defect 31: what is reported of a close is what is done about it",
        arguments: GatewayCloseCode.all.map(\.rawValue) + [1000, 1001, 1006, 1011, 1012, 4999])
    func defect31Consistent(code: UInt16) throws {
        var harness = MachineHarness.resumed()
        var effects = harness.handle(.closed(code: code, reason: ""))
        let close = try #require(effects.reports.compactMap(\.close).first)
        #expect(close.code?.rawValue == code)
        effects += harness.pass(.seconds(3))
        switch close.disposition {
        case .resume: #expect(effects.dials.count == 1 && harness.machine.session != nil)
        case .identify: #expect(harness.machine.phase == .awaitingPermit && harness.machine.session == nil)
        case .stopShardSet, .stopApplication: #expect(effects.ends == [.fatal(code: code, close.disposition)])
        }
    }

    @Test("Defect 32: op 9 with false forgets the session and waits 1 to 5 s before it wants to identify") func defect32Waits() {
        for seed in UInt64(1)...50 {
            var harness = MachineHarness(session: MachineHarness.stored, seed: seed)
            harness.handle(.start)
            harness.comeToResume()
            let refused = harness.now
            #expect(harness.handle(.invalidSession(resumable: false)).reports.contains(.sessionLost))
            harness.handle(.closed(code: nil, reason: ""))
            while harness.machine.phase != .awaitingPermit, harness.now - refused < .seconds(10) { harness.pass(.milliseconds(10)) }
            #expect((.milliseconds(1000)...Duration.milliseconds(5010)).contains(harness.now - refused))
        }
    }

    @Test("Defect 41: a zombie is left in the instant in which it is one, and TCP ends within 1 s") func defect41AtOnce() {
        var harness = MachineHarness.resumed()
        harness.pass(MachineHarness.interval)
        guard let due = harness.machine.deadline else { return #expect(Bool(false), "no beat is planned") }
        #expect(harness.pass(due - harness.now).closes == [4000])
        #expect(harness.pass(.seconds(1)).contains(.drop))
    }

    @Test("Defect 41: the first beat of each connection has its own jitter") func defect41Jitter() {
        let firsts = Set(
            (UInt64(1)...30).map { seed in
                var harness = MachineHarness(session: MachineHarness.stored, seed: seed)
                harness.handle(.start)
                harness.comeToResume()
                harness.handle(.resumed(sequence: 11))
                return harness.machine.deadline
            })
        #expect(firsts.count > 25)
    }
}
