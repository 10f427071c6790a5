import GatewayModel
import Testing

@Suite("Close codes that mean something else here") struct CloseOverrideTests {
    @Test("what would endanger the token is refused, for every code of the table") func refusals() throws {
        for row in try ReferenceData.load().closeCodes {
            let isFatal = [4004, 4010, 4011, 4012, 4013, 4014].contains(row.code)
            for wanted in CloseDisposition.allCases {
                let isRefused =
                    switch wanted {
                    case .resume, .identify: isFatal
                    case .stopShardSet: row.code == 4004
                    case .stopApplication: false
                    }
                let refusal = wanted.refusal(for: row.code)
                #expect((refusal != nil) == isRefused, "\(row.code) as \(wanted)")
                if let refusal { #expect(refusal.description.contains("\(row.code)") && refusal.fix.hasPrefix("leave it out")) }
                #expect(CloseDisposition.after(code: row.code, [row.code: wanted]) == (isRefused ? CloseDisposition.after(code: row.code) : wanted))
                #expect(CloseDisposition.after(code: row.code, [4999: wanted]) == CloseDisposition.after(code: row.code), "it is of another code")
            }
        }
    }

    @Test("codes that nobody documents may mean anything; those that no close frame carries, nothing") func others() {
        for wanted in CloseDisposition.allCases {
            for code in [UInt16(1000), 1001, 1011, 3000, 4006, 4015, 4999] { #expect(wanted.refusal(for: code) == nil, "\(code)") }
            for code in [UInt16(0), 999, 1005, 1006, 1015, 5000, .max] {
                #expect(wanted.refusal(for: code) != nil, "\(code)")
                #expect(CloseDisposition.after(code: code, [code: wanted]) == .resume)
            }
            #expect(CloseDisposition.after(code: nil, [0: wanted]) == .resume, "TCP ended without a close frame")
        }
    }

    @Test("resume in place of identify keeps the session and its backoff", arguments: [UInt16(4001), 4003, 4005, 4007, 4009]) func resume(code: UInt16) {
        var harness = MachineHarness.resumed(closeOverrides: [code: .resume])
        harness.pass(.seconds(6))
        let session = harness.machine.session
        #expect(harness.handle(.closed(code: code, reason: "")).reports.first == .disconnected(code: code, reason: "", .resume))
        #expect(harness.machine.session == session)
        #expect(harness.pass(.milliseconds(50)).dials == [MachineHarness.resumeURL])
    }

    @Test("a session that is resumed in vain is lost after three, as ever") func dead() {
        var harness = MachineHarness(session: MachineHarness.stored, closeOverrides: [4007: .resume])
        harness.handle(.start)
        var gaps: [GapReason] = []
        for _ in 0..<3 {
            harness.comeToResume()
            gaps += harness.handle(.closed(code: 4007, reason: "")).gaps
            harness.pass(.seconds(15))
        }
        #expect(gaps == [.sessionLost])
        #expect(harness.machine.phase == .awaitingPermit)
    }

    @Test("identify in place of resume ends the session, and waits as after a failure", arguments: [UInt16(4000), 4002, 4008, 1011, 4999])
    func identify(code: UInt16) {
        var harness = MachineHarness.resumed(closeOverrides: [code: .identify])
        harness.pass(.seconds(10))
        let effects = harness.handle(.closed(code: code, reason: ""))
        #expect(effects.reports.first == .disconnected(code: code, reason: "", .identify))
        #expect(effects.gaps == [.sessionLost] && harness.machine.session == nil)
        #expect(harness.machine.phase == .waiting)
        #expect(harness.pass(.milliseconds(249)) == [], "never at once")
        #expect(harness.pass(.milliseconds(251)).reports == [.phase(.awaitingPermit)])
    }

    @Test("before RESUME was sent a close says nothing about the session") func early() {
        var harness = MachineHarness(session: MachineHarness.stored, closeOverrides: [4000: .identify])
        harness.handle(.start)
        harness.handle(.connected)
        harness.handle(.closed(code: 4000, reason: ""))
        #expect(harness.machine.session == MachineHarness.stored)
    }

    @Test("to stop ends the run for good", arguments: [CloseDisposition.stopShardSet, .stopApplication], [UInt16(4000), 4003, 4009, 4999])
    func stop(disposition: CloseDisposition, code: UInt16) {
        var harness = MachineHarness.resumed(closeOverrides: [code: disposition])
        let effects = harness.handle(.closed(code: code, reason: ""))
        #expect(effects.ends == [.fatal(code: code, disposition)])
        #expect(effects.gaps == [.sessionLost])
    }

    @Test(
        "a wish that is refused is not followed, checked or not", arguments: [UInt16(4004), 4010, 4011, 4012, 4013, 4014], [CloseDisposition.resume, .identify])
    func ignored(code: UInt16, wanted: CloseDisposition) {
        var harness = MachineHarness.resumed(closeOverrides: [code: wanted])
        #expect(harness.handle(.closed(code: code, reason: "")).ends == [.fatal(code: code, CloseDisposition.after(code: code))])
    }

    @Test("holds for a close in a hand-off too") func handOff() {
        var harness = MachineHarness.resumed(closeOverrides: [4009: .resume, 4000: .identify])
        harness.handle(.stop(.handOff))
        #expect(harness.handle(.closed(code: 4009, reason: "")) == [])
        #expect(harness.handle(.flushed).ends == [.stopped(MachineHarness.stored.with(sequence: 10))])

        harness = MachineHarness.resumed(closeOverrides: [4000: .identify])
        harness.handle(.stop(.handOff))
        #expect(harness.handle(.closed(code: 4000, reason: "")).gaps == [.sessionLost])
    }
}
