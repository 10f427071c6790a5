import GatewayModel
import Testing

@Suite("A dial at its turn") struct PacedDialTests {
    private static func paced(session: GatewaySession? = MachineHarness.stored, authority: DialAuthority = .unlimited) -> MachineHarness {
        var harness = MachineHarness(session: session, authority: authority, pacesDials: true)
        harness.handle(.start)
        return harness
    }

    @Test("a RESUME asks for its instant first, and dials at once where that has come") func atOnce() {
        var harness = MachineHarness(session: MachineHarness.stored, pacesDials: true)
        #expect(harness.handle(.start) == [.reserveDial])
        #expect(harness.machine.phase == .waiting && harness.machine.deadline == nil)
        #expect(harness.handle(.dialReserved(.at(harness.now))) == [.report(.phase(.dialing)), .dial(url: MachineHarness.resumeURL)])
        #expect(harness.machine.deadline == harness.now + .seconds(5))
    }

    @Test("one whose turn comes later dials then, and its five seconds count from there") func later() {
        var harness = Self.paced()
        let turn = harness.now + .seconds(20)
        #expect(harness.handle(.dialReserved(.at(turn))) == [])
        #expect(harness.machine.deadline == turn)
        #expect(harness.pass(.milliseconds(19_999)) == [])
        #expect(harness.pass(.milliseconds(1)).dials == [MachineHarness.resumeURL])
        #expect(harness.machine.deadline == turn + .seconds(5))
        #expect(harness.pass(.seconds(4)) == [])
        #expect(harness.comeToResume().resumes == [MachineHarness.stored])
    }

    @Test("where too many are reserved it asks again when it was told") func full() {
        var harness = Self.paced()
        #expect(harness.handle(.dialReserved(.full(askAgainAt: harness.now + .seconds(30)))) == [])
        #expect(harness.pass(.seconds(29)) == [])
        #expect(harness.pass(.seconds(1)) == [.reserveDial])
    }

    @Test("every retry reserves anew") func retries() {
        var harness = Self.paced()
        harness.handle(.dialReserved(.at(harness.now)))
        harness.handle(.failedToConnect(reason: ""))
        #expect(harness.pass(.seconds(15)) == [.reserveDial])
    }

    @Test("IDENTIFY does not wait: its permit paces it, and must not run out") func identify() {
        var harness = Self.paced(session: nil)
        #expect(harness.machine.phase == .awaitingPermit)
        #expect(harness.handle(.offered(MachineHarness.permit)).dials == [MachineHarness.base])
    }

    @Test("a stop ends the wait at once, and the session is kept", arguments: [StopMode.handOff, .fence], [true, false])
    func stop(mode: StopMode, isReserved: Bool) {
        var harness = Self.paced()
        if isReserved { harness.handle(.dialReserved(.at(harness.now + .seconds(20)))) }
        var effects = harness.handle(.stop(mode))
        effects += harness.handle(.flushed)
        #expect(effects.ends == [.stopped(MachineHarness.stored)] && effects.dials.isEmpty)
        #expect(harness.handle(.dialReserved(.at(harness.now))) == [], "what comes too late is lost")
    }

    @Test("a session that is retired meanwhile ends with its gap") func retire() {
        var harness = Self.paced()
        harness.handle(.dialReserved(.at(harness.now + .seconds(20))))
        let effects = harness.handle(.stop(.retire))
        #expect(effects.ends == [.stopped(nil)] && effects.gaps == [.resharded])
    }

    @Test("authority counts at the turn: without it nothing is dialed, and with it the shard asks again") func authority() {
        var harness = Self.paced(authority: DialAuthority(dialUntil: Instant(nanoseconds: 1_000_010_000_000_000), emitUntil: nil))
        harness.machine.authority.dialUntil = harness.now + .seconds(10)
        harness.handle(.dialReserved(.at(harness.now + .seconds(10))))
        #expect(harness.pass(.seconds(10)) == [])
        #expect(harness.machine.deadline == nil, "blocked")
        harness.machine.authority = .unlimited
        #expect(harness.handle(.tick) == [.reserveDial])
        #expect(harness.handle(.dialReserved(.at(harness.now))).dials.count == 1)
    }

    @Test("a shard without authority reserves nothing") func refused() {
        let harness = Self.paced(authority: DialAuthority(dialUntil: Instant(nanoseconds: 0), emitUntil: nil))
        #expect(harness.machine.phase == .waiting && harness.machine.deadline == nil)
    }

    @Test("an offer that comes meanwhile is given back, and the wait goes on") func offer() {
        var harness = Self.paced()
        harness.handle(.dialReserved(.at(harness.now + .seconds(1))))
        #expect(harness.handle(.offered(MachineHarness.permit)).outcomes == [.notSent])
        #expect(harness.pass(.seconds(1)).dials.count == 1)
    }

    @Test("an answer that nobody asked for changes nothing") func unasked() {
        var harness = MachineHarness.resumed()
        #expect(harness.handle(.dialReserved(.at(harness.now))) == [])
        #expect(harness.machine.phase == .live)
    }
}
