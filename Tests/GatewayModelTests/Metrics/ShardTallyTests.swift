import GatewayModel
import Testing

/// A session machine and what is counted of it.
private struct Counted {
    var harness: MachineHarness
    var tally = ShardTally()
    var dispatches = 0
    var pruned = PrunedCounts()
    private(set) var counts: [ShardCount] = []

    init(session: GatewaySession? = nil) {
        self.harness = MachineHarness(session: session)
        self.counts = self.tally.started()
        self.handle(.start)
    }

    /// Before its start.
    init(notStarted session: GatewaySession) {
        self.harness = MachineHarness(session: session)
    }

    mutating func started() { self.counts += self.tally.started() }

    /// Live, with nothing counted yet.
    static func live() -> Counted {
        var counted = Counted(session: MachineHarness.stored)
        counted.comeToResume()
        counted.handle(.resumed(sequence: 11))
        counted.forget()
        return counted
    }

    mutating func forget() { self.counts = [] }

    mutating func comeToResume() {
        self.handle(.connected)
        self.handle(.hello(heartbeatInterval: MachineHarness.interval))
    }

    mutating func handle(_ inputs: SessionInput...) {
        for input in inputs { self.count(input, self.harness.handle(input)) }
    }

    mutating func count(_ input: SessionInput, _ effects: [SessionEffect]) {
        self.counts += self.tally.handled(
            input, effects, roundTrips: self.harness.machine.roundTrips, roundTrip: self.harness.machine.roundTrip, dispatches: self.dispatches,
            pruned: self.pruned, cause: self.harness.machine.disconnectCause)
    }

    /// To the next deadline, and what it brings.
    mutating func passToDeadline() {
        guard let deadline = self.harness.machine.deadline else { return }
        self.harness.now = max(self.harness.now, deadline)
        self.handle(.tick)
    }

    /// Without the phases.
    var events: [ShardCount] { self.counts.filter { if case .shards = $0 { false } else { true } } }

    /// How many shards are in each phase now.
    var phases: [ShardPhase: Int] {
        var phases: [ShardPhase: Int] = [:]
        for case .shards(let phase, let change) in self.counts { phases[phase, default: 0] += change }
        return phases.filter { $0.value != 0 }
    }
}

@Suite("What is counted of a shard") struct ShardTallyTests {
    // MARK: Connections

    @Test("an IDENTIFY up to READY: one connection, one identify") func identify() {
        var counted = Counted()
        #expect(counted.phases == [.awaitingPermit: 1])
        counted.handle(.offered(MachineHarness.permit), .connected, .hello(heartbeatInterval: MachineHarness.interval))
        counted.handle(.granted(MachineHarness.permit, validUntil: counted.harness.now + .seconds(2)))
        counted.handle(.ready(sequence: 1, sessionID: "new", resumeGatewayURL: MachineHarness.resumeURL))
        #expect(counted.events == [.connection, .identify(.ready)])
        #expect(counted.phases == [.live: 1])
    }

    @Test("each end of a permit", arguments: [(nil, .unknown), (4000, .closed)] as [(UInt16?, IdentifyOutcome)]) func permits(
        code: UInt16?, outcome: IdentifyOutcome
    ) {
        var counted = Counted()
        counted.handle(.offered(MachineHarness.permit), .connected, .hello(heartbeatInterval: MachineHarness.interval))
        counted.handle(.granted(MachineHarness.permit, validUntil: counted.harness.now + .seconds(2)))
        counted.handle(.closed(code: code, reason: ""))
        #expect(counted.events == [.connection, .identify(outcome), .disconnect(.resume, code: code, .closed)])
    }

    @Test("a dial that fails, by its reason; one that takes too long is a timeout", arguments: DialFailure.allCases) func dials(failure: DialFailure) {
        var counted = Counted(session: MachineHarness.stored)
        counted.tally.dialFailed(failure)
        counted.handle(.failedToConnect(reason: "any"))
        #expect(counted.events == [.dialFailure(failure)])
        // The retry, of which nothing is heard.
        counted.passToDeadline()
        counted.passToDeadline()
        #expect(counted.events == [.dialFailure(failure), .dialFailure(.timeout)])
    }

    @Test("a live connection that ends, by code and what follows", arguments: [nil, 1000, 1006, 4000, 4007, 4009, 4004, 4011, 4999] as [UInt16?])
    func disconnects(code: UInt16?) {
        var counted = Counted.live()
        counted.handle(.closed(code: code, reason: "any"))
        let disposition = CloseDisposition.after(code: code)
        #expect(counted.events == [.disconnect(disposition, code: code, .closed)] + (disposition == .resume ? [] : [.gap(.sessionLost)]))
    }

    @Test("a close of our own has no code, and a reason", arguments: DisconnectCause.allCases) func ours(cause: DisconnectCause) {
        var counted = Counted.live()
        switch cause {
        case .closed: counted.handle(.closed(code: nil, reason: "reset"))
        case .zombie:
            counted.passToDeadline()
            counted.passToDeadline()
        case .reconnectRequested: counted.handle(.reconnectRequested)
        case .invalidSession: counted.handle(.invalidSession(resumable: true))
        case .sequenceJump: counted.handle(.dispatch(sequence: 13))
        case .badInput: counted.handle(.malformed(reason: "no JSON"))
        case .timeout:
            counted = Counted(session: MachineHarness.stored)
            counted.handle(.connected)
            counted.passToDeadline()
        case .noPermit:
            counted = Counted()
            counted.handle(.offered(MachineHarness.permit), .connected, .hello(heartbeatInterval: MachineHarness.interval))
            counted.handle(.granted(MachineHarness.permit, validUntil: counted.harness.now))
        case .noAuthority:
            counted.harness.machine.authority = DialAuthority(dialUntil: counted.harness.now, emitUntil: counted.harness.now)
            counted.handle(.dispatch(sequence: 12))
        case .sendFailed:
            counted = Counted(session: MachineHarness.stored)
            counted.comeToResume()
            counted.handle(.sendFailed(reason: "any"))
        case .stopped: counted.handle(.stop(.handOff), .flushed, .closed(code: 4000, reason: ""))
        }
        let disconnects = counted.events.filter { if case .disconnect = $0 { true } else { false } }
        #expect(disconnects == [.disconnect(cause == .noPermit ? .identify : .resume, code: nil, cause)])
    }

    @Test("a session that ends for good takes its connection along, once, whatever code comes back", arguments: [nil, 1000] as [UInt16?]) func retired(
        code: UInt16?
    ) {
        var counted = Counted.live()
        counted.handle(.stop(.retire), .closed(code: code, reason: ""))
        #expect(counted.events == [.gap(.resharded), .disconnect(.identify, code: nil, .stopped)])
    }

    // MARK: RESUME

    @Test("a RESUME that comes to RESUMED") func resumed() {
        var counted = Counted(session: MachineHarness.stored)
        counted.comeToResume()
        counted.handle(.resumed(sequence: 11))
        #expect(counted.events == [.connection, .resume(.resumed)])
        #expect(counted.phases == [.live: 1])
    }

    @Test(
        "a RESUME that Discord refuses",
        arguments: [.invalidSession(resumable: false), .closed(code: 4007, reason: ""), .closed(code: 4009, reason: "")] as [SessionInput])
    func refused(input: SessionInput) {
        var counted = Counted(session: MachineHarness.stored)
        counted.comeToResume()
        counted.forget()
        counted.handle(input)
        #expect(counted.events.filter { if case .resume = $0 { true } else { false } } == [.resume(.sessionLost)])
        #expect(counted.events.contains(.gap(.sessionLost)))
    }

    @Test(
        "a RESUME that is interrupted", arguments: [.closed(code: nil, reason: ""), .sendFailed(reason: ""), .stop(.fence), .stop(.handOff)] as [SessionInput])
    func interrupted(input: SessionInput) {
        var counted = Counted(session: MachineHarness.stored)
        counted.comeToResume()
        counted.forget()
        counted.handle(input)
        #expect(counted.events.filter { if case .resume = $0 { true } else { false } } == [.resume(.interrupted)])
    }

    @Test("three that bring nothing: two interrupted, one session lost") func threeResumes() {
        var counted = Counted(session: MachineHarness.stored)
        for _ in 0..<3 {
            counted.comeToResume()
            counted.handle(.closed(code: nil, reason: ""))
            counted.passToDeadline()
        }
        let outcomes = counted.events.filter { if case .resume = $0 { true } else { false } }
        #expect(outcomes == [.resume(.interrupted), .resume(.interrupted), .resume(.sessionLost)])
    }

    // MARK: What comes in

    @Test("each anomaly, by its kind", arguments: Anomaly.allCases) func anomalies(anomaly: Anomaly) {
        var counted = Counted.live()
        switch anomaly {
        case .malformed: counted.handle(.malformed(reason: "no JSON"))
        case .secondHello: counted.handle(.hello(heartbeatInterval: MachineHarness.interval))
        case .unusableHello:
            counted = Counted(session: MachineHarness.stored)
            counted.handle(.connected, .hello(heartbeatInterval: .zero))
        case .unexpectedReady: counted.handle(.ready(sequence: 1, sessionID: "other", resumeGatewayURL: MachineHarness.resumeURL))
        case .earlyDispatch:
            counted = Counted(session: MachineHarness.stored)
            counted.handle(.connected, .dispatch(sequence: 11))
        case .sequenceBackwards: counted.handle(.dispatch(sequence: 3))
        case .sequenceJump: counted.handle(.dispatch(sequence: 13))
        }
        #expect(counted.events.filter { if case .anomaly = $0 { true } else { false } } == [.anomaly(anomaly)])
    }

    @Test("a hole in a replay, and the end of a re-shard, are gaps") func gaps() {
        var counted = Counted(session: MachineHarness.stored)
        counted.comeToResume()
        counted.handle(.dispatch(sequence: 15))
        counted.handle(.stop(.retire))
        counted.handle(.closed(code: 1000, reason: ""))
        #expect(counted.events.filter { if case .gap = $0 { true } else { false } } == [.gap(.replayHole), .gap(.resharded)])
    }

    @Test("dispatches are told with the next heartbeat, or with the end of the connection, and once") func dispatches() {
        var counted = Counted.live()
        counted.dispatches = 7
        counted.pruned.count(.typingStart)
        counted.pruned.count("SOMETHING_NEW")
        counted.handle(.dispatch(sequence: 12))
        #expect(counted.events == [])
        counted.passToDeadline()
        #expect(counted.events == [.dispatches(7), .pruned(type: nil, 1), .pruned(type: .typingStart, 1)])
        counted.forget()
        counted.dispatches = 9
        counted.pruned.count(.presenceUpdate)
        counted.pruned.count(.typingStart)
        counted.handle(.closed(code: 4000, reason: ""))
        #expect(
            counted.events == [.disconnect(.resume, code: 4000, .closed), .dispatches(2)]
                + EventType.all.filter { [.presenceUpdate, .typingStart].contains($0) }.map { .pruned(type: $0, 1) })
        counted.forget()
        counted.dispatches = 10
        counted.handle(.stop(.fence))
        #expect(counted.events == [.dispatches(1)])
    }

    @Test("a heartbeat's round trip, once") func roundTrip() {
        var counted = Counted.live()
        counted.passToDeadline()
        counted.harness.now = counted.harness.now + .milliseconds(45)
        counted.handle(.heartbeatAcknowledged, .heartbeatAcknowledged, .tick)
        #expect(counted.events == [.roundTrip(.milliseconds(45))])
    }

    // MARK: The whole

    @Test("one shard is in one phase from its start to its end", arguments: StopMode.allCases) func phases(mode: StopMode) {
        var counted = Counted(session: MachineHarness.stored)
        #expect(counted.phases == [.dialing: 1])
        counted.comeToResume()
        #expect(counted.phases == [.resuming: 1])
        counted.handle(.resumed(sequence: 11))
        #expect(counted.phases == [.live: 1])
        counted.handle(.stop(mode), .flushed, .closed(code: 1000, reason: ""))
        #expect(counted.phases == [:])
    }

    @Test("one that is told to stop before it starts is in no phase afterwards", arguments: StopMode.allCases) func stoppedBefore(mode: StopMode) {
        var counted = Counted(notStarted: MachineHarness.stored)
        counted.handle(.stop(mode))
        counted.started()
        counted.handle(.start, .flushed)
        #expect(counted.phases == [:])
    }

    @Test("whatever happens, it is counted in a series that is known before") func walks() {
        let known = Set(ShardCount.allSeries)
        var seen: Set<MetricSeries> = []
        for seed in UInt64(0)..<200 {
            var walk = RandomWalkTests.Walk(seed: seed)
            var tally = ShardTally()
            var phases: [ShardPhase: Int] = [:]
            var counts = tally.started()
            for _ in 0..<400 {
                let (input, effects) = walk.step()
                counts += tally.handled(
                    input, effects, roundTrips: walk.machine.roundTrips, roundTrip: walk.machine.roundTrip, dispatches: 0, pruned: PrunedCounts(),
                    cause: walk.machine.disconnectCause)
            }
            if walk.hasEnded {
                let ends = counts.count { if case .disconnect = $0 { true } else { false } }
                #expect(counts.count { $0 == .connection } == ends, "each connection ends once; replay with seed \(seed)")
            }
            for count in counts { if case .shards(let phase, let change) = count { phases[phase, default: 0] += change } }
            #expect(phases.values.allSatisfy { $0 >= 0 } && phases.values.reduce(0, +) == (walk.hasEnded ? 0 : 1), "replay with seed \(seed)")
            seen.formUnion(counts.map(\.series))
        }
        #expect(seen.subtracting(known) == [])
        #expect(seen.count > 40, "the walks come everywhere, or they prove nothing: \(seen.count)")
    }
}
