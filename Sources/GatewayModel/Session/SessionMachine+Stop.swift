// How a run ends when we end it.
extension SessionMachine {
    mutating func stopRequested(_ mode: StopMode, at now: Instant, _ effects: inout [SessionEffect]) {
        switch mode {
        case .handOff: self.beginHandOff(at: now, &effects)
        case .retire: self.retire(as: .resharded, at: now, &effects)
        case .fence: self.fence(&effects)
        }
    }

    /// Stop reading, let the sink take what it was given, close with 4000.
    private mutating func beginHandOff(at now: Instant, _ effects: inout [SessionEffect]) {
        let isConnected: Bool
        switch self.state {
        case .identifying(let permit, let until) where !self.handOffAfterReady:
            // A session is about to begin; to leave now would throw a spent IDENTIFY away.
            self.handOffAfterReady = true
            self.state = .identifying(permit, until: min(until, now + SessionTiming.handOff))
            return
        case .identifying, .flushing, .ended, .closing(.endHandedOff, _), .closing(.endRetired, _): return
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit: isConnected = false
        case .dialing, .closing(.retry, _):
            effects.append(.drop)
            isConnected = false
        case .greeting, .awaitingGrant, .resuming, .live:
            effects.append(.stopReading)
            isConnected = true
        }
        self.settlePermit(.unknown, &effects)
        self.state = .flushing(isConnected: isConnected, until: now + SessionTiming.handOff)
        self.enter(.stopping, &effects)
    }

    /// What a hand-off waited for is over: READY came, or the connection ended.
    mutating func continueHandOff(at now: Instant, _ effects: inout [SessionEffect]) {
        guard self.handOffAfterReady else { return }
        self.handOffAfterReady = false
        self.beginHandOff(at: now, &effects)
    }

    /// The sink has everything, or had its time.
    mutating func finishHandOff(at now: Instant, _ effects: inout [SessionEffect]) {
        guard case .flushing(let isConnected, _) = self.state else { return }
        guard isConnected else { return self.end(.stopped(self.session), &effects) }
        self.closeFinally(code: 4000, then: .endHandedOff, at: now, &effects)
    }

    /// The session ends for ever: close with 1000, take what is still on its way, and end the stream with a gap. Without a connection Discord lets it
    /// expire.
    mutating func retire(as reason: GapReason, at now: Instant, _ effects: inout [SessionEffect]) {
        if case .closing(.endRetired, _) = self.state { return }
        self.settlePermit(.unknown, &effects)
        if self.isOpen {
            self.enter(.stopping, &effects)
            self.closeFinally(code: 1000, then: .endRetired(reason), at: now, &effects)
            return
        }
        switch self.state {
        case .dialing, .closing: effects.append(.drop)
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .greeting, .awaitingGrant, .identifying, .resuming, .live, .flushing, .ended:
            break
        }
        self.enter(.stopping, &effects)
        self.endRetired(as: reason, &effects)
    }

    mutating func endRetired(as reason: GapReason, _ effects: inout [SessionEffect]) {
        effects.append(.report(.gap(reason, session: self.held?.receivedSession)))
        self.end(.stopped(nil), &effects)
    }

    /// Authority ran out: nothing waits, nothing is delivered any more.
    private mutating func fence(_ effects: inout [SessionEffect]) {
        self.settlePermit(.unknown, &effects)
        if self.isOpen { effects.append(.close(code: 4000)) }
        switch self.state {
        case .dialing, .greeting, .awaitingGrant, .identifying, .resuming, .live, .closing, .flushing(isConnected: true, _): effects.append(.drop)
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .flushing, .ended: break
        }
        // After a close with 1000 there is nothing to continue with.
        let isRetired = if case .closing(.endRetired, _) = self.state { true } else { false }
        self.end(.stopped(isRetired ? nil : self.session), &effects)
    }

    private mutating func closeFinally(code: UInt16, then next: AfterClose, at now: Instant, _ effects: inout [SessionEffect]) {
        self.heartbeat = nil
        self.state = .closing(next, until: now + SessionTiming.close)
        effects.append(.close(code: code))
    }
}
