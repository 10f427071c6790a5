import GatewayModel
import Testing

@Suite("IDENTIFY") struct IdentifyTests {
    static let permit = MachineHarness.permit

    @Test("needs an offer to dial and a grant to be sent") func permits() {
        var harness = MachineHarness()
        #expect(harness.handle(.start) == [.report(.phase(.awaitingPermit))])
        #expect(harness.machine.deadline == nil)
        #expect(harness.handle(.offered(Self.permit)) == [.report(.phase(.identifying)), .dial(url: MachineHarness.base)])
        #expect(harness.handle(.connected) == [])
        #expect(harness.handle(.hello(heartbeatInterval: MachineHarness.interval)) == [.report(.readyToIdentify(Self.permit))])
        #expect(harness.handle(.granted(Self.permit, validUntil: harness.now + .seconds(2))) == [.sendIdentify(Self.permit)])
        let session = GatewaySession(sessionID: "s", resumeGatewayURL: "wss://r", sequence: 0)
        #expect(
            harness.handle(.ready(sequence: 1, sessionID: "s", resumeGatewayURL: "wss://r")) == [
                .report(.ready(session)), .report(.identified(Self.permit, .ready, session)), .report(.phase(.live)), .deliver,
            ])
    }

    @Test("is not sent from the instant on where the permit ends, nor without authority", arguments: [true, false]) func late(byPermit: Bool) {
        var harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(Self.permit))
        harness.handle(.connected)
        harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
        if !byPermit { harness.machine.authority.dialUntil = harness.now }
        let effects = harness.handle(.granted(Self.permit, validUntil: byPermit ? harness.now : harness.now + .seconds(2)))
        #expect(effects.identifies == 0)
        #expect(effects.outcomes == [.notSent])
        #expect(effects.closes == [4000])
    }

    @Test("without authority an offer is given back at once") func offerWithoutAuthority() {
        var harness = MachineHarness(authority: DialAuthority(dialUntil: Instant(nanoseconds: 0), emitUntil: nil))
        harness.handle(.start)
        #expect(harness.handle(.offered(Self.permit)) == [.report(.identified(Self.permit, .notSent, nil))])
    }

    @Test(
        "has the outcome that proves, or does not prove, when Discord processed it",
        arguments: [
            (SessionInput.invalidSession(resumable: false), IdentifyOutcome.invalidSession), (.closed(code: nil, reason: ""), .unknown),
            (.closed(code: 4000, reason: ""), .closed), (.closed(code: 1000, reason: ""), .unknown), (.closed(code: 4008, reason: ""), .closed),
            (.reconnectRequested, .unknown), (.malformed(reason: ""), .unknown), (.stop(.fence), .unknown), (.stop(.retire), .unknown),
            (.closed(code: 4004, reason: ""), .closed), (.closed(code: 4009, reason: ""), .closed),
        ]) func outcomes(input: SessionInput, outcome: IdentifyOutcome)
    {
        var harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(Self.permit))
        harness.handle(.connected)
        harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
        harness.handle(.granted(Self.permit, validUntil: harness.now + .seconds(2)))
        #expect(harness.handle(input).outcomes == [outcome])
        harness.handle(.closed(code: nil, reason: ""))
        #expect(harness.pass(.seconds(70)).outcomes == [])
    }

    @Test("waits 60 s for READY, then closes with 4000; a READY after 50 s counts") func patience() {
        for readyAfter in [50, 70] {
            var harness = MachineHarness()
            harness.handle(.start)
            harness.handle(.offered(Self.permit))
            harness.handle(.connected)
            harness.handle(.hello(heartbeatInterval: .seconds(1000)))
            harness.handle(.granted(Self.permit, validUntil: harness.now + .seconds(2)))
            let effects = harness.pass(.seconds(readyAfter))
            #expect(effects.closes == (readyAfter < 60 ? [] : [4000]))
            let ready = harness.handle(.ready(sequence: 1, sessionID: "s", resumeGatewayURL: "wss://r"))
            #expect(effects.outcomes + ready.outcomes == [readyAfter < 60 ? .ready : .unknown])
        }
    }

    @Test(
        "not come to is reported as not sent",
        arguments: [
            SessionInput.failedToConnect(reason: ""), .closed(code: nil, reason: ""), .reconnectRequested, .invalidSession(resumable: false), .stop(.handOff),
            .stop(.retire), .stop(.fence), .malformed(reason: ""),
        ]) func notSent(input: SessionInput)
    {
        var harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(Self.permit))
        if case .failedToConnect = input {} else { harness.handle(.connected) }
        let effects = harness.handle(input)
        #expect(effects.outcomes == [.notSent])
        #expect(effects.identifies == 0)
    }

    @Test("is not sent twice for one permit, nor for a permit that was replaced") func once() {
        var harness = MachineHarness()
        harness.identify()
        #expect(harness.handle(.granted(Self.permit, validUntil: harness.now + .seconds(2))) == [])

        harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(Self.permit))
        let second = PermitID(rawValue: "p2")
        #expect(harness.handle(.offered(second)) == [.report(.identified(Self.permit, .notSent, nil))])
        harness.handle(.connected)
        harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
        #expect(harness.handle(.granted(Self.permit, validUntil: harness.now + .seconds(2))) == [])
        #expect(harness.handle(.granted(second, validUntil: harness.now + .seconds(2))).identifies == 1)
    }

    @Test("that did not leave is reported as not sent, and the connection is dropped") func unsent() {
        var harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(Self.permit))
        harness.handle(.connected)
        harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
        #expect(harness.handle(.sendFailed(reason: "nothing was asked for")) == [])
        harness.handle(.granted(Self.permit, validUntil: harness.now + .seconds(2)))
        #expect(
            harness.handle(.sendFailed(reason: "full")) == [
                .report(.identified(Self.permit, .notSent, nil)), .drop, .report(.disconnected(code: nil, reason: "full", .identify)),
                .report(.phase(.waiting)),
            ])
        harness.pass(.seconds(1))
        #expect(harness.machine.phase == .awaitingPermit)
        #expect(harness.handle(.sendFailed(reason: "told twice")) == [])
    }

    @Test("ten seconds without a grant give the offer back") func noGrant() {
        var harness = MachineHarness()
        harness.handle(.start)
        harness.handle(.offered(Self.permit))
        harness.handle(.connected)
        harness.handle(.hello(heartbeatInterval: MachineHarness.interval))
        #expect(harness.pass(.seconds(10)).outcomes == [.notSent])
    }

    @Test("an offer that nobody can use is given back", arguments: [true, false]) func unwanted(isLive: Bool) {
        var harness = MachineHarness.resumed()
        if !isLive { harness.handle(.closed(code: nil, reason: "")) }
        #expect(harness.handle(.offered(Self.permit)) == [.report(.identified(Self.permit, .notSent, nil))])
    }
}
