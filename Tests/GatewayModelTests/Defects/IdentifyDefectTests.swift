import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around identifying and resuming") struct IdentifyDefectTests {
    @Test("Defect 2: an IDENTIFY that fails spoils no later one") func defect02NextOneWorks() {
        var harness = MachineHarness()
        harness.handle(.start)
        for attempt in 1...5 {
            let permit = PermitID(rawValue: "p\(attempt)")
            while harness.machine.phase != .awaitingPermit { harness.pass(.milliseconds(50)) }
            harness.handle(.offered(permit))
            harness.handle(.connected)
            harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
            #expect(harness.handle(.granted(permit, validUntil: harness.now + .seconds(2))).identifies == 1)
            let failed = attempt.isMultiple(of: 2) ? harness.handle(.closed(code: nil, reason: "reset")) : harness.handle(.sendFailed(reason: "closed"))
            #expect(failed.outcomes.count == 1)
        }
        while harness.machine.phase != .awaitingPermit { harness.pass(.milliseconds(50)) }
        harness.identify()
        #expect(harness.machine.phase == .live)
    }

    @Test("Defect 17: without a session no socket is opened before a permit is offered") func defect17PermitFirst() {
        var harness = MachineHarness()
        let waiting = harness.handle(.start) + harness.pass(.seconds(600))
        #expect(waiting.dials == [])
        #expect(harness.handle(.offered(MachineHarness.permit)).dials == [MachineHarness.base])
    }

    @Test("Defect 18: a hundred shards with sessions all resume at once, without a permit") func defect18ResumesNeedNoSpacing() {
        for seed in UInt64(0)..<100 {
            var harness = MachineHarness(session: MachineHarness.stored, seed: seed)
            #expect(harness.handle(.start).dials.count == 1)
            #expect(harness.comeToResume().resumes.count == 1)
        }
    }

    @Test("Defect 29: twenty reconnects leave one heartbeat, not twenty") func defect29OneTimer() {
        var harness = MachineHarness.resumed()
        for _ in 0..<20 {
            harness.handle(.reconnectRequested)
            harness.handle(.closed(code: nil, reason: ""))
            while harness.machine.phase != .dialing { harness.pass(.milliseconds(50)) }
            harness.comeToResume()
            harness.handle(.resumed(sequence: (harness.machine.receivedSequence ?? 0) + 1))
        }
        var beats = harness.pass(MachineHarness.interval).beats.count
        for _ in 0..<9 {
            harness.handle(.heartbeatAcknowledged)
            beats += harness.pass(MachineHarness.interval).beats.count
        }
        #expect(beats == 10)
    }

    @Test("Defect 35: the heart beats while a permit is waited for") func defect35BeatsWhileWaiting() {
        var harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(MachineHarness.permit))
        harness.handle(.connected)
        harness.handle(.hello(heartbeatInterval: .seconds(1)))
        var beats = 0
        for _ in 0..<8 {
            beats += harness.pass(.seconds(1)).beats.count
            harness.handle(.heartbeatAcknowledged)
        }
        #expect(beats == 8)
        #expect(harness.handle(.granted(MachineHarness.permit, validUntil: harness.now + .seconds(2))).identifies == 1)
    }

    @Test("Defect 43: every reconnect with a session resumes; none identifies") func defect43Resumes() {
        var harness = MachineHarness()
        harness.identify()
        for _ in 0..<10 {
            var effects = harness.handle(.closed(code: 4000, reason: ""))
            while harness.machine.phase != .dialing { effects += harness.pass(.milliseconds(50)) }
            effects += harness.comeToResume()
            #expect(effects.resumes.map(\.sessionID) == ["new"])
            #expect(effects.identifies == 0)
            harness.handle(.resumed(sequence: (harness.machine.receivedSequence ?? 0) + 1))
        }
    }

    @Test("Defect 45: a heartbeat ACK is taken in every state, before READY too") func defect45EarlyACK() {
        var harness = MachineHarness()
        let steps: [SessionInput] = [
            .start, .offered(MachineHarness.permit), .connected, .hello(heartbeatInterval: MachineHarness.interval),
            .granted(MachineHarness.permit, validUntil: harness.now + .seconds(2)), .ready(sequence: 1, sessionID: "s", resumeGatewayURL: "wss://r"),
        ]
        for step in steps {
            harness.handle(step)
            #expect(harness.handle(.heartbeatAcknowledged) == [])
        }
        #expect(harness.machine.phase == .live)
    }
}
