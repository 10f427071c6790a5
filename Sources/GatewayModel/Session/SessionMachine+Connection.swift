// From one connection to the next.
extension SessionMachine {
    mutating func started(at now: Instant, _ effects: inout [SessionEffect]) {
        guard case .idle = self.state else { return }
        self.connectAgain(at: now, &effects)
    }

    /// No connection exists: RESUME if there is a session, else want a permit.
    mutating func connectAgain(at now: Instant, _ effects: inout [SessionEffect]) {
        guard self.held != nil else {
            self.state = .awaitingPermit
            self.enter(.awaitingPermit, &effects)
            return
        }
        guard self.pacesDials, self.mayResume(at: now) else { return self.dialToResume(at: now, &effects) }
        self.state = .reserving
        self.enter(.waiting, &effects)
        effects.append(.reserveDial)
    }

    /// One that comes to a shard which wants no dial any more is lost.
    mutating func dialReserved(_ reservation: DialReservation, at now: Instant, _ effects: inout [SessionEffect]) {
        guard case .reserving = self.state else { return }
        switch reservation {
        case .at(let instant) where instant <= now: self.dialToResume(at: now, &effects)
        case .at(let instant): self.state = .reserved(at: instant)
        case .full(let instant): self.state = .waiting(until: instant)
        }
    }

    mutating func dialToResume(at now: Instant, _ effects: inout [SessionEffect]) {
        guard let held = self.held else { preconditionFailure("a RESUME without a session: \(self.state)") }
        guard self.mayResume(at: now) else {
            self.state = .blocked(refused: self.authority)
            self.enter(.waiting, &effects)
            return
        }
        self.state = .dialing(until: now + SessionTiming.dial)
        self.enter(.dialing, &effects)
        effects.append(.dial(url: self.dialBaseNext ? self.gatewayURL : held.resumeGatewayURL))
    }

    private func mayResume(at now: Instant) -> Bool {
        self.authority.mayDial(at: now) && self.authority.mayEmit(at: now)
    }

    mutating func connected(at now: Instant) {
        // Otherwise the dial was abandoned while it succeeded.
        guard case .dialing = self.state else { return }
        self.state = .greeting(until: now + SessionTiming.hello)
    }

    mutating func failedToConnect(_ reason: String, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]) {
        guard case .dialing = self.state else { return }
        self.disconnected(.closed, reason, .resume, &effects)
        self.settlePermit(.notSent, &effects)
        let triesBaseNow = self.held != nil && !self.dialBaseNext
        if self.held != nil { self.dialBaseNext.toggle() }
        self.wait(triesBaseNow ? Backoff.soon(using: &random) : self.backoff.failed(using: &random), at: now, &effects)
    }

    mutating func helloReceived(
        _ interval: Duration, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        guard case .greeting = self.state else {
            if self.isReading { effects.append(.report(.anomaly(.secondHello, "a second HELLO"))) }
            return
        }
        guard interval > .zero, interval <= SessionTiming.longestInterval else {
            effects.append(.report(.anomaly(.unusableHello, "HELLO with a heartbeat interval of \(interval)")))
            self.leave("unusable HELLO", .badInput, isSuspect: true, at: now, using: &random, &effects)
            return
        }
        self.heartbeat = Heartbeat(interval: interval, at: now, using: &random)
        if let held = self.held {
            guard self.authority.mayDial(at: now) else {
                self.leave("no authority to RESUME", .noAuthority, at: now, using: &random, &effects)
                return
            }
            self.state = .resuming(until: now + SessionTiming.resume, replayed: 0)
            self.enter(.resuming, &effects)
            effects.append(.sendResume(held.acceptedSession))
        } else {
            self.helloReceivedForIdentify(at: now, using: &random, &effects)
        }
    }

    mutating func invalidSessionReceived(
        _ isResumable: Bool, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        switch self.state {
        case .identifying:
            self.settlePermit(.invalidSession, &effects)
            self.leave("op 9", .invalidSession, after: Self.pauseAfterInvalidSession(using: &random), at: now, using: &random, &effects)
        case .resuming where isResumable:
            self.resumeFailed(&effects)
            self.leave("op 9, resumable", .invalidSession, at: now, using: &random, &effects)
        case .resuming, .live:
            guard !isResumable else {
                self.leave("op 9, resumable", .invalidSession, at: now, using: &random, &effects)
                return
            }
            self.loseSession(&effects)
            self.leave("op 9", .invalidSession, after: Self.pauseAfterInvalidSession(using: &random), at: now, using: &random, &effects)
        case .greeting, .awaitingGrant: self.leave("op 9", .invalidSession, at: now, using: &random, &effects)
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .closing, .flushing, .ended: break
        }
    }

    /// Random 1–5 s. Source: Discord docs until September 2022; still the staff's advice.
    private static func pauseAfterInvalidSession(using random: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(Int64.random(in: 1_000_000_000...5_000_000_000, using: &random))
    }

    /// The connection is gone, by the other side or the network.
    mutating func connectionClosed(
        _ code: UInt16?, _ reason: String, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        switch self.state {
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .ended: return
        case .closing(let next, _): return self.closeFinished(next, at: now, &effects)
        case .dialing: return self.failedToConnect(reason, at: now, using: &random, &effects)
        case .flushing(_, let until):
            self.heartbeat = nil
            self.state = .flushing(isConnected: false, until: until)
            let disposition = CloseDisposition.after(code: code, self.closeOverrides)
            switch disposition {
            case .resume: break
            case .identify: self.loseSession(&effects)
            case .stopShardSet, .stopApplication:
                self.disconnected(.closed, code: code, reason, disposition, &effects)
                self.endFatally(code, disposition, &effects)
            }
            return
        case .greeting, .awaitingGrant, .identifying, .resuming, .live: break
        }
        let disposition = CloseDisposition.after(code: code, self.closeOverrides)
        let isApplicationCode = code.map { (4000...4999).contains($0) } ?? false
        self.settlePermit(isApplicationCode ? .closed : .unknown, &effects)
        self.disconnected(.closed, code: code, reason, disposition, &effects)
        self.heartbeat = nil
        switch disposition {
        case .stopShardSet, .stopApplication: self.endFatally(code, disposition, &effects)
        case .identify where self.held != nil && self.hasResumed && CloseDisposition.after(code: code) == .identify:
            self.loseSession(&effects)
            self.connectAgain(at: now, &effects)
        case .identify where self.held != nil && self.hasResumed:
            // Discord would let us RESUME, so this may come as often as a RESUME is followed by a close.
            self.loseSession(&effects)
            self.wait(self.retryDelay(isSuspect: true, at: now, using: &random), at: now, &effects)
        case .identify, .resume:
            if case .resuming(.some, _) = self.state {
                self.resumeFailed(&effects)
            }
            self.chooseURL(at: now)
            let delay = self.retryDelay(isSuspect: code == 4008, at: now, using: &random)
            self.wait(delay, at: now, &effects)
            self.continueHandOff(at: now, &effects)
        }
    }

    /// RESUME was sent on this connection, or READY came: a close says something about the session.
    private var hasResumed: Bool {
        switch self.state {
        case .resuming, .live: true
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .greeting, .awaitingGrant, .identifying, .closing, .flushing, .ended:
            false
        }
    }

    /// Three RESUMEs in a row that brought nothing, by a close or by silence: the session is taken for dead (api-docs #1619).
    mutating func resumeFailed(_ effects: inout [SessionEffect]) {
        self.failedResumes += 1
        if self.failedResumes >= 3 { self.loseSession(&effects) }
    }

    /// A connection for RESUME ends before anything came of it: its host may be the reason, so the other URL is next.
    private mutating func chooseURL(at now: Instant) {
        // Without authority the end says nothing about the host.
        guard self.held != nil, self.authority.mayDial(at: now) else { return }
        switch self.state {
        case .greeting, .resuming(until: .some, _): self.dialBaseNext.toggle()
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .awaitingGrant, .identifying, .resuming, .live, .closing, .flushing,
            .ended:
            break
        }
    }

    /// A fatal code: nothing will RESUME the session, and a session that begins after the operator's remedy is behind a gap.
    private mutating func endFatally(_ code: UInt16?, _ disposition: CloseDisposition, _ effects: inout [SessionEffect]) {
        self.loseSession(&effects)
        self.enter(.failed, &effects)
        self.end(.fatal(code: code ?? 0, disposition), &effects)
    }

    /// IDENTIFY or RESUME did not leave: the connection is of no use.
    mutating func sendFailed(_ reason: String, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]) {
        switch self.state {
        case .identifying(.some, _), .resuming(until: .some, _): break
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .greeting, .awaitingGrant, .identifying, .resuming, .live, .closing,
            .flushing,
            .ended:
            return
        }
        self.settlePermit(.notSent, &effects)
        effects.append(.drop)
        self.disconnected(.sendFailed, reason, self.held == nil ? .identify : .resume, &effects)
        self.heartbeat = nil
        self.chooseURL(at: now)
        self.wait(self.backoff.failed(using: &random), at: now, &effects)
        self.continueHandOff(at: now, &effects)
    }

    mutating func loseSession(_ effects: inout [SessionEffect]) {
        guard let held = self.held else { return }
        self.held = nil
        self.failedResumes = 0
        self.dialBaseNext = false
        effects.append(.report(.gap(.sessionLost, session: held.receivedSession)))
        effects.append(.report(.sessionLost))
    }

    /// We end the connection, with 4000, and try again.
    ///
    /// - Parameters:
    ///   - isSuspect: what ended it may well come again: never at once.
    ///   - delay: instead of the one that backoff says.
    mutating func leave(
        _ reason: String, _ cause: DisconnectCause, isSuspect: Bool = false, after delay: Duration? = nil, at now: Instant,
        using random: inout some RandomNumberGenerator,
        _ effects: inout [SessionEffect]
    ) {
        self.settlePermit(.unknown, &effects)
        let delay = delay ?? self.retryDelay(isSuspect: isSuspect, at: now, using: &random)
        self.chooseURL(at: now)
        effects.append(.close(code: 4000))
        self.disconnected(cause, reason, self.held == nil ? .identify : .resume, &effects)
        self.heartbeat = nil
        self.state = .closing(.retry(after: delay), until: now + SessionTiming.close)
        self.enter(.waiting, &effects)
        self.continueHandOff(at: now, &effects)
    }

    private mutating func disconnected(
        _ cause: DisconnectCause, code: UInt16? = nil, _ reason: String, _ disposition: CloseDisposition, _ effects: inout [SessionEffect]
    ) {
        self.disconnectCause = cause
        effects.append(.report(.disconnected(code: code, reason: reason, disposition)))
    }

    private mutating func retryDelay(isSuspect: Bool, at now: Instant, using random: inout some RandomNumberGenerator) -> Duration {
        if case .live(let since) = self.state {
            return self.backoff.ended(liveSince: since, at: now, isSuspect: isSuspect, using: &random)
        }
        return self.backoff.failed(using: &random)
    }

    mutating func closeFinished(_ next: AfterClose, at now: Instant, _ effects: inout [SessionEffect]) {
        switch next {
        case .retry(let delay): self.wait(delay, at: now, &effects)
        case .endHandedOff: self.end(.stopped(self.session), &effects)
        case .endRetired(let reason): self.endRetired(as: reason, &effects)
        }
    }

    mutating func wait(_ delay: Duration, at now: Instant, _ effects: inout [SessionEffect]) {
        self.state = .waiting(until: now + delay)
        self.enter(.waiting, &effects)
    }

    mutating func end(_ end: ShardEnd, _ effects: inout [SessionEffect]) {
        self.state = .ended
        self.heartbeat = nil
        effects.append(.end(end))
    }
}
