import ClusterTestKit
import GatewayModel

/// One machine, a clock and a seed: inputs in, effects out.
struct MachineHarness {
    var machine: SessionMachine
    var now = Instant(nanoseconds: 1_000_000_000_000)
    private var random: SeededGenerator

    static let base = "wss://base"
    static let resumeURL = "wss://zone"
    static let stored = GatewaySession(sessionID: "stored", resumeGatewayURL: resumeURL, sequence: 10)
    static let permit = PermitID(rawValue: "p1")
    static let interval = Duration.seconds(40)

    init(
        session: GatewaySession? = nil, authority: DialAuthority = .unlimited, pacesDials: Bool = false, closeOverrides: [UInt16: CloseDisposition] = [:],
        seed: UInt64 = 1
    ) {
        self.machine = SessionMachine(gatewayURL: Self.base, session: session, authority: authority, pacesDials: pacesDials, closeOverrides: closeOverrides)
        self.random = SeededGenerator(seed: seed)
    }

    @discardableResult
    mutating func handle(_ input: SessionInput) -> [SessionEffect] {
        self.machine.handle(input, at: self.now, using: &self.random)
    }

    /// All that deadlines bring within `duration`, at the instants where they fall due.
    @discardableResult
    mutating func pass(_ duration: Duration) -> [SessionEffect] {
        let end = self.now + duration
        var effects: [SessionEffect] = []
        while let deadline = self.machine.deadline, deadline <= end {
            self.now = max(self.now, deadline)
            effects += self.handle(.tick)
        }
        self.now = end
        return effects
    }

    /// Up to READY, `s` = 1.
    @discardableResult
    mutating func identify(sessionID: String = "new") -> [SessionEffect] {
        if case .idle = self.phaseOfStart { self.handle(.start) }
        var effects = self.handle(.offered(Self.permit))
        effects += self.handle(.connected)
        effects += self.handle(.hello(heartbeatInterval: Self.interval))
        effects += self.handle(.granted(Self.permit, validUntil: self.now + .seconds(2)))
        effects += self.handle(.ready(sequence: 1, sessionID: sessionID, resumeGatewayURL: Self.resumeURL))
        return effects
    }

    private enum StartPhase { case idle, started }
    private var phaseOfStart: StartPhase { self.machine.phase == .waiting ? .idle : .started }

    /// From `start` or a due retry to RESUME sent.
    @discardableResult
    mutating func comeToResume() -> [SessionEffect] {
        var effects = self.handle(.connected)
        effects += self.handle(.hello(heartbeatInterval: Self.interval))
        return effects
    }

    /// A stored session, resumed: live at `s` = 11, the RESUMED itself.
    static func resumed(closeOverrides: [UInt16: CloseDisposition] = [:]) -> MachineHarness {
        var harness = MachineHarness(session: Self.stored, closeOverrides: closeOverrides)
        harness.handle(.start)
        harness.comeToResume()
        harness.handle(.resumed(sequence: 11))
        return harness
    }
}

extension GatewaySession {
    func with(sequence: Int64) -> GatewaySession {
        var session = self
        session.sequence = sequence
        return session
    }
}

extension [SessionEffect] {
    var dials: [String] { self.compactMap { if case .dial(let url) = $0 { url } else { nil } } }
    var closes: [UInt16] { self.compactMap { if case .close(let code) = $0 { code } else { nil } } }
    var resumes: [GatewaySession] { self.compactMap { if case .sendResume(let session) = $0 { session } else { nil } } }
    var beats: [Int64?] { self.compactMap { if case .sendHeartbeat(let sequence) = $0 { .some(sequence) } else { nil } } }
    var ends: [ShardEnd] { self.compactMap { if case .end(let end) = $0 { end } else { nil } } }
    var reports: [ShardEvent] { self.compactMap { if case .report(let event) = $0 { event } else { nil } } }
    var outcomes: [IdentifyOutcome] { self.reports.compactMap { if case .identified(_, let outcome, _) = $0 { outcome } else { nil } } }
    var gaps: [GapReason] { self.reports.compactMap { if case .gap(let reason, _) = $0 { reason } else { nil } } }
    var identifies: Int { self.count { if case .sendIdentify = $0 { true } else { false } } }
}
