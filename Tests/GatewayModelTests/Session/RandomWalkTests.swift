import ClusterTestKit
import GatewayModel
import Testing

/// Any input at any time: what must hold nevertheless.
@Suite("Random walks of a session") struct RandomWalkTests {
    @Test("keep every rule, whatever happens") func walks() {
        var seen: [String: Int] = [:]
        for seed in UInt64(0)..<10_000 {
            var walk = Walk(seed: seed)
            defer { seen.merge(walk.seen, uniquingKeysWith: +) }
            for step in 0..<400 {
                walk.step()
                guard walk.violations.isEmpty else {
                    #expect(walk.violations == [], "replay with seed \(seed), step \(step)")
                    return
                }
            }
        }
        // The walks come everywhere, or they prove nothing.
        for name in ["identify", "resume", "deliver", "replayHole", "sequenceJump", "sessionLost", "1000", "4000", "end", "pacedDial"] {
            #expect(seen[name, default: 0] > 20, "\(name): \(seen[name, default: 0])")
        }
    }

    /// What a shell would hold.
    enum Socket {
        case none, dialing, open
    }

    struct Walk {
        var machine: SessionMachine
        var random: SeededGenerator
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var violations: [String] = []
        var seen: [String: Int] = [:]
        var granted: [PermitID: Instant] = [:]
        var offered: [PermitID] = []
        var outcomes: [PermitID: Int] = [:]
        var identified: Set<PermitID> = []
        /// Of the last step's effects: what the shell may fail to write.
        var justSent: SessionEffect?
        var unsent: Set<PermitID> = []
        var isRetired = false
        var hasStopped = false
        var hasEnded = false
        var socket = Socket.none
        var last: (id: String, received: Int64, accepted: Int64)?
        var lastDelivered: Int64?
        var inputSequence: Int64?
        let pacesDials: Bool
        /// `reserveDial` is not answered yet. A shell answers it next.
        var wantsDial = false
        /// Of the latest answer, until it is used.
        var reserved: Instant?

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            let stored = GatewaySession(sessionID: "s0", resumeGatewayURL: "wss://r", sequence: Int64.random(in: 0...50, using: &random))
            self.pacesDials = Bool.random(using: &random)
            self.machine = SessionMachine(
                gatewayURL: "wss://b", session: Bool.random(using: &random) ? stored : nil, pacesDials: self.pacesDials,
                closeOverrides: Bool.random(using: &random) ? [:] : [4000: .identify, 4009: .resume, 4999: .stopApplication, 4011: .resume])
            self.random = random
        }

        /// - Returns: what the machine was told, and what it answered.
        @discardableResult
        mutating func step() -> (input: SessionInput, effects: [SessionEffect]) {
            self.now = self.now + .milliseconds(Int64.random(in: 0...2_000, using: &self.random))
            if Int.random(in: 0..<20, using: &self.random) == 0 {
                let until = Bool.random(using: &self.random) ? nil : self.now + .milliseconds(Int64.random(in: -500...3_000, using: &self.random))
                self.machine.authority = DialAuthority(dialUntil: until, emitUntil: until)
            }
            let mayFail = self.justSent != nil && Int.random(in: 0..<10, using: &self.random) == 0
            let isHelpful = Int.random(in: 0..<10, using: &self.random) < 6
            let chosen = mayFail ? self.sendFailure() : self.possible(isHelpful ? self.helpfulInput() : self.input())
            let input = self.wantsDial ? self.reservation() : chosen
            if case .stop(let mode) = input {
                self.hasStopped = true
                if mode == .retire { self.isRetired = true }
            }
            if case .retire = input {
                self.hasStopped = true
                self.isRetired = true
            }
            if case .offered(let permit) = input, !self.hasEnded { self.offered.append(permit) }
            if case .granted(let permit, let validUntil) = input { self.granted[permit] = validUntil }
            let before = self.machine
            let effects = self.machine.handle(input, at: self.now, using: &self.random)
            switch input {
            case .dispatch(let sequence): self.compareHotPath(before, sequence, isPruned: false, effects)
            case .pruned(let sequence): self.compareHotPath(before, sequence, isPruned: true, effects)
            default: break
            }
            self.inputSequence = input.sequence
            self.justSent = effects.last { if case .sendIdentify = $0 { true } else if case .sendResume = $0 { true } else { false } }
            self.check(effects)
            return (input, effects)
        }

        /// A shell tells of a socket only what can be: after a drop, nothing.
        private mutating func possible(_ input: SessionInput) -> SessionInput {
            switch (input, self.socket) {
            case (.connected, .dialing):
                self.socket = .open
                return input
            case (.failedToConnect, .dialing), (.closed, .open):
                self.socket = .none
                return input
            case (.connected, _), (.failedToConnect, _), (.closed, _): return .tick
            case (.hello, .none), (.hello, .dialing), (.dispatch, .none), (.dispatch, .dialing), (.ready, .none), (.ready, .dialing): return .tick
            default: return input
            }
        }

        private mutating func reservation() -> SessionInput {
            self.wantsDial = false
            self.reserved = nil
            let instant = self.now + .milliseconds(Int64.random(in: -100...3_000, using: &self.random))
            guard Int.random(in: 0..<5, using: &self.random) > 0 else { return .dialReserved(.full(askAgainAt: instant)) }
            self.reserved = instant
            return .dialReserved(.at(instant))
        }

        private mutating func sendFailure() -> SessionInput {
            if case .sendIdentify(let permit) = self.justSent { self.unsent.insert(permit) }
            return .sendFailed(reason: "")
        }

        /// What leads on from here, so that walks get somewhere.
        private mutating func helpfulInput() -> SessionInput {
            let next = (self.machine.receivedSequence ?? 0) + 1
            switch (self.socket, self.machine.phase) {
            case (.none, .awaitingPermit): return .offered(PermitID(rawValue: "p\(self.offered.count)"))
            case (.none, .waiting): return .start
            case (.dialing, _): return .connected
            case (.open, .dialing): return .hello(heartbeatInterval: .seconds(40))
            case (.open, .identifying):
                switch Int.random(in: 0..<3, using: &self.random) {
                case 0: return .hello(heartbeatInterval: .seconds(40))
                case 1: return .granted(self.offered.last ?? PermitID(rawValue: "p"), validUntil: self.now + .seconds(1))
                default: return .ready(sequence: 1, sessionID: "s\(self.offered.count)", resumeGatewayURL: "wss://r")
                }
            case (.open, .resuming), (.open, .live):
                if self.machine.phase == .resuming, Bool.random(using: &self.random) { return .resumed(sequence: next) }
                switch Int.random(in: 0..<6, using: &self.random) {
                case 0, 1: return .dispatch(sequence: next + 3)
                case 2 where self.machine.phase == .resuming: return .dispatch(sequence: next - 1)
                default: break
                }
                return .dispatch(sequence: next)
            case (.open, .waiting): return .closed(code: nil, reason: "")
            default: return .tick
            }
        }

        private mutating func input() -> SessionInput {
            let received = self.machine.receivedSequence ?? 0
            let sequence = Int.random(in: 0..<10, using: &self.random) == 0 ? Int64.random(in: -1...received + 5, using: &self.random) : received + 1
            let permit = PermitID(rawValue: "p\(self.offered.count)")
            switch Int.random(in: 0..<100, using: &self.random) {
            case 0..<4: return .start
            case 4..<16: return .connected
            case 16..<18: return .failedToConnect(reason: "")
            case 18..<30: return .hello(heartbeatInterval: .seconds(Int64.random(in: 0...45, using: &self.random)))
            case 30..<45: return .dispatch(sequence: sequence)
            case 45..<50: return .pruned(sequence: sequence)
            case 50..<56:
                let id = "s\(Int.random(in: 0...3, using: &self.random))"
                return .ready(sequence: sequence, sessionID: id, resumeGatewayURL: "wss://r")
            case 56..<62: return .resumed(sequence: sequence)
            case 62: return .heartbeatRequested
            case 63..<67: return .heartbeatAcknowledged
            case 67: return .reconnectRequested
            case 68: return .invalidSession(resumable: Bool.random(using: &self.random))
            case 69: return .malformed(reason: "")
            case 70..<73:
                let codes: [UInt16?] = [nil, 1000, 1001, 4000, 4001, 4003, 4004, 4007, 4008, 4009, 4011, 4999]
                return .closed(code: codes.randomElement(using: &self.random) ?? nil, reason: "")
            case 73..<78: return .offered(permit)
            case 78..<83:
                let known = self.offered.last ?? permit
                return .granted(known, validUntil: self.now + .milliseconds(Int64.random(in: -100...2_000, using: &self.random)))
            case 83..<88:
                let ahead = Int64.random(in: -5...2, using: &self.random)
                return .accepted(sequence: received + ahead, sessionID: self.machine.sessionID ?? "s0")
            case 88: return .readingPaused(Bool.random(using: &self.random))
            case 89 where Int.random(in: 0..<10, using: &self.random) == 0:
                return .retire(GapReason.allCases.randomElement(using: &self.random) ?? .invalidated)
            case 89: return Int.random(in: 0..<2, using: &self.random) == 0 ? .stop(StopMode.allCases.randomElement(using: &self.random) ?? .fence) : .tick
            case 90: return self.hasStopped ? .flushed : .tick
            default: return .tick
            }
        }

        private mutating func compareHotPath(_ before: SessionMachine, _ sequence: Int64, isPruned: Bool, _ effects: [SessionEffect]) {
            var copy = before
            switch copy.dispatchReceived(sequence: sequence, isPruned: isPruned, at: self.now) {
            case .deliver:
                if effects != (isPruned ? [] : [.deliver]) || copy.receivedSequence != self.machine.receivedSequence
                    || copy.session != self.machine.session
                {
                    self.violations.append("the hot path delivers, handle does \(effects)")
                }
            case .drop: if !effects.isEmpty { self.violations.append("the hot path drops, handle does \(effects)") }
            case .handle: if copy.receivedSequence != before.receivedSequence { self.violations.append("the hot path asks, and has changed") }
            }
        }

        private mutating func check(_ effects: [SessionEffect]) {
            if self.hasEnded, !effects.isEmpty { self.violations.append("after the end: \(effects)") }
            var hasGap = false
            for effect in effects {
                if let name = effect.name { self.seen[name, default: 0] += 1 }
                switch effect {
                case .dial:
                    if self.socket != .none { self.violations.append("a second socket") }
                    if !self.machine.authority.mayDial(at: self.now) { self.violations.append("a dial without authority") }
                    if self.pacesDials, self.machine.session != nil {
                        if !(self.reserved.map { $0 <= self.now } ?? false) { self.violations.append("a dial that was not reserved, or too early") }
                        self.reserved = nil
                        self.seen["pacedDial", default: 0] += 1
                    }
                    self.socket = .dialing
                case .reserveDial:
                    if !self.pacesDials { self.violations.append("asks for a dial that nobody paces") }
                    if self.socket != .none || self.machine.session == nil { self.violations.append("asks for a dial that it cannot use") }
                    self.wantsDial = true
                case .sendIdentify(let permit):
                    if !(self.granted[permit].map { self.now < $0 } ?? false) { self.violations.append("IDENTIFY without a valid grant") }
                    if !self.machine.authority.mayDial(at: self.now) { self.violations.append("IDENTIFY without authority") }
                    if !self.identified.insert(permit).inserted { self.violations.append("two IDENTIFYs with one permit") }
                case .sendResume(let session):
                    if session != self.machine.session { self.violations.append("RESUME of \(session)") }
                    if !self.machine.authority.mayDial(at: self.now) { self.violations.append("RESUME without authority") }
                case .sendHeartbeat(let sequence):
                    if (sequence ?? 0) > (self.machine.session?.sequence ?? 0) { self.violations.append("a beat beyond the accepted") }
                case .close(let code):
                    if code != 4000 && !(code == 1000 && self.isRetired) { self.violations.append("close with \(code)") }
                    if self.socket != .open { self.violations.append("close without a socket") }
                case .drop: self.socket = .none
                case .deliver:
                    if !self.machine.authority.mayEmit(at: self.now) { self.violations.append("a delivery without authority") }
                    if let last = self.last, last.id == self.machine.sessionID, let sequence = self.inputSequence {
                        if sequence <= last.received { self.violations.append("a repeat was delivered") }
                        if sequence > last.received + 1, !hasGap { self.violations.append("a hole without a gap") }
                    }
                case .stopReading: break
                case .report(.identified(let permit, let outcome, _)):
                    self.outcomes[permit, default: 0] += 1
                    if self.outcomes[permit] != 1 { self.violations.append("two outcomes of \(permit)") }
                    let isSent = self.identified.contains(permit) && !self.unsent.contains(permit)
                    if (outcome == .notSent) == isSent { self.violations.append("\(outcome) of \(permit)") }
                case .report(.gap): hasGap = true
                case .report: break
                case .end(let end):
                    self.hasEnded = true
                    if case .fatal = end, self.last != nil, !hasGap { self.violations.append("a fatal end without a gap") }
                    for permit in self.offered where self.outcomes[permit] != 1 { self.violations.append("no outcome of \(permit)") }
                }
            }
            self.followSession()
        }

        private mutating func followSession() {
            guard let session = self.machine.session, let received = self.machine.receivedSequence else { return self.last = nil }
            if let last = self.last, last.id == session.sessionID {
                if received < last.received { self.violations.append("received fell") }
                if session.sequence < last.accepted { self.violations.append("accepted fell") }
            }
            if session.sequence > received { self.violations.append("accepted beyond received") }
            self.last = (session.sessionID, received, session.sequence)
        }
    }
}

extension SessionInput {
    var sequence: Int64? {
        switch self {
        case .dispatch(let sequence), .pruned(let sequence), .resumed(let sequence), .ready(let sequence, _, _): sequence
        default: nil
        }
    }
}

extension SessionEffect {
    fileprivate var name: String? {
        switch self {
        case .sendIdentify: "identify"
        case .sendResume: "resume"
        case .deliver: "deliver"
        case .report(.gap(let reason, _)): reason.rawValue
        case .close(let code): "\(code)"
        case .end: "end"
        default: nil
        }
    }
}
