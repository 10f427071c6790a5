// Which dispatch is delivered (S9, S10, S11).
extension SessionMachine {
    mutating func readyReceived(
        _ sequence: Int64, _ sessionID: String, _ resumeGatewayURL: String, at now: Instant, using random: inout some RandomNumberGenerator,
        _ effects: inout [SessionEffect]
    ) {
        switch self.state {
        case .identifying:
            let held = HeldSession(sessionID: sessionID, resumeGatewayURL: resumeGatewayURL, readySequence: sequence)
            self.held = held
            self.failedResumes = 0
            self.dialBaseNext = false
            effects.append(.report(.ready(held.acceptedSession)))
            self.settlePermit(.ready, &effects)
            self.state = .live(since: now)
            self.enter(.live, &effects)
            self.received(held.received + 1, at: now, using: &random, &effects)
            self.continueHandOff(at: now, &effects)
        case .resuming where self.held?.sessionID == sessionID, .live where self.held?.sessionID == sessionID:
            // The session was to be resumed from its very beginning, and READY is part of it.
            self.received(sequence, at: now, using: &random, &effects)
        case .resuming, .live, .greeting, .awaitingGrant:
            effects.append(.report(.anomaly(.unexpectedReady, "READY of a session that nobody asked for")))
            self.leave("unexpected READY", .badInput, isSuspect: true, at: now, using: &random, &effects)
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .closing, .flushing, .ended: break
        }
    }

    mutating func resumedReceived(
        _ sequence: Int64, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        guard case .resuming(_, let replayed) = self.state else {
            self.received(sequence, at: now, using: &random, &effects)
            return
        }
        self.received(sequence, at: now, using: &random, &effects)
        // Where RESUMED itself showed a jump, or may not be delivered, the connection was left.
        guard case .resuming = self.state, let held = self.held else { return }
        self.failedResumes = 0
        self.dialBaseNext = false
        self.state = .live(since: now)
        effects.append(.report(.resumed(held.acceptedSession, replayed: replayed)))
        self.enter(.live, &effects)
    }

    /// One dispatch, whatever its type.
    mutating func received(
        _ sequence: Int64, isPruned: Bool = false, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        let isFirstOfReplay: Bool
        let isReplay: Bool
        switch self.state {
        case .live: (isReplay, isFirstOfReplay) = (false, false)
        case .resuming(let until, let replayed):
            (isReplay, isFirstOfReplay) = (true, until != nil)
            self.state = .resuming(until: nil, replayed: replayed)
        case .greeting, .awaitingGrant, .identifying:
            effects.append(.report(.anomaly(.earlyDispatch, "a dispatch before READY or RESUME")))
            return
        case .closing(.endRetired, _):
            self.receivedWhileRetiring(sequence, isPruned: isPruned, at: now, &effects)
            return
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .closing, .flushing, .ended: return
        }
        guard let held = self.held else { preconditionFailure("receiving without a session: \(self.state)") }
        guard self.authority.mayEmit(at: now) else {
            self.leave("no authority to emit", .noAuthority, at: now, using: &random, &effects)
            return
        }
        switch held.place(of: sequence) {
        case .next: break
        case .repeated:
            if !isReplay { effects.append(.report(.anomaly(.sequenceBackwards, "s went backwards, from \(held.received) to \(sequence)"))) }
            return
        case .jump where isFirstOfReplay, .sameJump where isFirstOfReplay:
            effects.append(.report(.gap(.replayHole, session: held.receivedSession)))
        case .sameJump:
            effects.append(.report(.gap(.sequenceJump, session: held.receivedSession)))
        case .jump:
            self.held?.noteJump()
            effects.append(.report(.anomaly(.sequenceJump, "s jumped from \(held.received) to \(sequence)")))
            self.leave("s jumped", .sequenceJump, isSuspect: true, at: now, using: &random, &effects)
            return
        }
        self.held?.receive(sequence, isPruned: isPruned)
        if case .resuming(let until, let replayed) = self.state { self.state = .resuming(until: until, replayed: replayed + 1) }
        if !isPruned { effects.append(.deliver) }
    }

    /// The session ends for ever, so what was on its way when we closed is still delivered: nobody will replay it.
    private mutating func receivedWhileRetiring(_ sequence: Int64, isPruned: Bool, at now: Instant, _ effects: inout [SessionEffect]) {
        guard let held = self.held, held.place(of: sequence) == .next, self.authority.mayEmit(at: now) else { return }
        self.held?.receive(sequence, isPruned: isPruned)
        if !isPruned { effects.append(.deliver) }
    }
}
