/// Decides one shard's connection life: when to dial where, RESUME or IDENTIFY, heartbeat, close and retry, and which dispatch is delivered.
///
/// It never sends IDENTIFY without a permit that is valid now, never closes with 1000 unless the session is retired, RESUMEs with the accepted
/// sequence only, and declares a gap before it delivers anything behind one. Sources: architecture.md 7; protocol.md S2, S9, S10, S13–S15, 3.4.
public struct SessionMachine: Sendable {
    /// What this shard may do. Checked at the instant of dial, RESUME, IDENTIFY and delivery. After setting it, call `handle(.tick)`.
    public var authority: DialAuthority
    /// Where the shard stands.
    public internal(set) var phase = ShardPhase.waiting
    /// How long the latest scheduled heartbeat took to Discord and back, what we read before its ACK included. `nil` before the first.
    public private(set) var roundTrip: Duration?
    /// How many there were: `roundTrip` is the latest.
    package private(set) var roundTrips = 0
    /// Of the latest `ShardEvent.disconnected`.
    package internal(set) var disconnectCause = DisconnectCause.closed
    let gatewayURL: String
    /// A dial for RESUME needs a reserved instant.
    let pacesDials: Bool
    let closeOverrides: [UInt16: CloseDisposition]
    var held: HeldSession?
    var state = State.idle
    var heartbeat: Heartbeat?
    var isReadingPaused = false
    /// The permit to dial for, while there is no session; gone once IDENTIFY is sent.
    var offer: Offer?
    /// A hand-off waits for READY, which is under way.
    var handOffAfterReady = false
    var backoff = Backoff()
    /// RESUMEs in a row that ended, in a close or by silence, before anything was replayed.
    var failedResumes = 0
    /// The resume host could not be reached, or its last connection came to nothing: dial the base URL next.
    var dialBaseNext = false

    /// - Parameters:
    ///   - gatewayURL: `url` of `GET /gateway/bot`, without query.
    ///   - session: RESUMEd first, whatever its age.
    ///   - authority: until when it may dial and deliver; it can be changed later.
    ///   - pacesDials: each dial for RESUME asks for its instant first, by `SessionEffect.reserveDial`. One for IDENTIFY never does: permits pace it, and
    ///     none runs out in waiting.
    ///   - closeOverrides: what is to follow a close with these codes, in place of what their table says. What would endanger the token is not followed.
    public init(
        gatewayURL: String, session: GatewaySession?, authority: DialAuthority = .unlimited, pacesDials: Bool = false,
        closeOverrides: [UInt16: CloseDisposition] = [:]
    ) {
        self.authority = authority
        self.gatewayURL = gatewayURL
        self.pacesDials = pacesDials
        self.closeOverrides = closeOverrides
        self.held = session.map { HeldSession($0) }
    }

    /// The session, with the accepted sequence.
    public var session: GatewaySession? { self.held?.acceptedSession }

    /// Of the session that is held; `nil`: none.
    public var sessionID: String? { self.held?.sessionID }

    /// A session that is retired: what Discord sent before it saw our close frame is still delivered.
    public var deliversWhileClosing: Bool {
        if case .closing(.endRetired, _) = self.state { true } else { false }
    }

    /// The last received `s` of the session, `0` before the first.
    public var receivedSequence: Int64? { self.held?.received }

    /// When `handle(.tick)` is wanted next; may be past. `nil`: only inputs matter.
    public var deadline: Instant? {
        guard let beat = self.heartbeat?.next else { return self.stateDeadline }
        return self.stateDeadline.map { min($0, beat) } ?? beat
    }

    /// The one way in: takes an input, says what is to be done, in this order.
    public mutating func handle(_ input: SessionInput, at now: Instant, using random: inout some RandomNumberGenerator) -> [SessionEffect] {
        var effects: [SessionEffect] = []
        if case .accepted(let sequence, let sessionID) = input {
            // Also after the end: what the sink took late still counts for whoever asks for `session`.
            if self.held?.sessionID == sessionID { self.held?.accept(sequence) }
            return effects
        }
        if case .ended = self.state { return effects }
        switch input {
        case .start: self.started(at: now, &effects)
        case .dialReserved(let reservation): self.dialReserved(reservation, at: now, &effects)
        case .connected: self.connected(at: now)
        case .failedToConnect(let reason): self.failedToConnect(reason, at: now, using: &random, &effects)
        case .hello(let interval): self.helloReceived(interval, at: now, using: &random, &effects)
        case .dispatch(let sequence): self.received(sequence, at: now, using: &random, &effects)
        case .pruned(let sequence): self.received(sequence, isPruned: true, at: now, using: &random, &effects)
        case .ready(let sequence, let sessionID, let url): self.readyReceived(sequence, sessionID, url, at: now, using: &random, &effects)
        case .resumed(let sequence): self.resumedReceived(sequence, at: now, using: &random, &effects)
        case .heartbeatRequested:
            if self.isOpen { effects.append(.sendHeartbeat(sequence: self.heartbeatSequence)) }
        case .heartbeatAcknowledged:
            guard let time = self.heartbeat?.acknowledged(at: now) else { break }
            self.roundTrip = time
            self.roundTrips += 1
        case .reconnectRequested: if self.isReading { self.leave("op 7", .reconnectRequested, at: now, using: &random, &effects) }
        case .invalidSession(let resumable): self.invalidSessionReceived(resumable, at: now, using: &random, &effects)
        case .malformed(let reason):
            // In any other state the bytes are of a connection that we left.
            guard self.isReading else { break }
            effects.append(.report(.anomaly(.malformed, reason)))
            self.leave(reason, .badInput, isSuspect: true, at: now, using: &random, &effects)
        case .closed(let code, let reason): self.connectionClosed(code, reason, at: now, using: &random, &effects)
        case .sendFailed(let reason): self.sendFailed(reason, at: now, using: &random, &effects)
        case .offered(let permit): self.offered(permit, at: now, &effects)
        case .granted(let permit, let validUntil): self.granted(permit, validUntil: validUntil, at: now, using: &random, &effects)
        case .accepted: break
        case .readingPaused(let isPaused):
            self.isReadingPaused = isPaused
            if !isPaused { self.heartbeat?.readingWentOn() }
        case .stop(let mode): self.stopRequested(mode, at: now, &effects)
        case .retire(let reason): self.retire(as: reason, at: now, &effects)
        case .flushed: if case .flushing = self.state { self.finishHandOff(at: now, &effects) }
        case .tick: self.timePassed(to: now, using: &random, &effects)
        }
        return effects
    }

    /// The hot path for op 0 other than READY and RESUMED. Equal to `handle(.dispatch(sequence:))` or, for one that nobody wants, to
    /// `handle(.pruned(sequence:))`, which are asked only for `.handle`.
    ///
    /// - Parameters:
    ///   - sequence: `s`.
    ///   - isPruned: nobody wants it, so it only counts.
    ///   - now: asked only where authority has an end.
    @inline(__always)
    public mutating func dispatchReceived(sequence: Int64, isPruned: Bool = false, at now: @autoclosure () -> Instant) -> DispatchDecision {
        guard case .live = self.state else { return self.dispatchReceivedElsewhere() }
        guard self.authority.emitUntil == nil || self.authority.mayEmit(at: now()), self.held?.receiveIfNext(sequence, isPruned: isPruned) == true else {
            return .handle
        }
        return .deliver
    }

    @inline(never)
    private func dispatchReceivedElsewhere() -> DispatchDecision {
        switch self.state {
        case .closing(.endRetired, _): .handle
        case .closing, .flushing, .ended: .drop
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .greeting, .awaitingGrant, .identifying, .resuming, .live: .handle
        }
    }

    /// The holder took what it was handed last for good. The short form of `handle(.accepted(sequence:sessionID:))` from within the delivery itself.
    public mutating func deliveryAccepted() {
        guard let received = self.held?.received else { return }
        self.held?.accept(received)
    }

    struct Offer: Hashable, Sendable {
        let permit: PermitID
        /// Set where the grant came before HELLO.
        var validUntil: Instant?
    }

    enum State: Hashable, Sendable {
        /// Next: `dialing` or `awaitingPermit`, on `start`.
        case idle
        /// Between connections. Next: `reserving` or `dialing` to RESUME, else `awaitingPermit`.
        case waiting(until: Instant)
        /// Wants to dial and RESUME, and has still to be told when. Next: `reserved`, `dialing` or `waiting`.
        case reserving
        /// Next: `dialing`, at this instant.
        case reserved(at: Instant)
        /// Wants to dial and RESUME, and may not. Next: `dialing`, when an authority other than `refused` allows it.
        case blocked(refused: DialAuthority)
        /// No session, no permit, no socket.
        case awaitingPermit
        case dialing(until: Instant)
        /// Connected. Next: `resuming`, `awaitingGrant` or `identifying`, on HELLO.
        case greeting(until: Instant)
        case awaitingGrant(until: Instant)
        /// IDENTIFY is sent. The permit is `nil` once its outcome is reported.
        case identifying(PermitID?, until: Instant)
        /// `until` is `nil` once something was replayed.
        case resuming(until: Instant?, replayed: Int)
        case live(since: Instant)
        /// Our close frame is out; what still comes is ignored, but for a session that is retired.
        case closing(AfterClose, until: Instant)
        /// Stopped reading for a hand-off; the sink has still to take what it was given.
        case flushing(isConnected: Bool, until: Instant)
        case ended
    }

    enum AfterClose: Hashable, Sendable {
        case retry(after: Duration)
        case endHandedOff
        case endRetired(GapReason)
    }
}

extension SessionMachine {
    /// A WebSocket is open and we did not close it.
    var isOpen: Bool {
        switch self.state {
        case .greeting, .awaitingGrant, .identifying, .resuming, .live: true
        case .flushing(let isConnected, _): isConnected
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .closing, .ended: false
        }
    }

    /// What comes in is ours to act on.
    var isReading: Bool {
        if case .flushing = self.state { return false }
        return self.isOpen
    }

    /// S13: what the sink accepted, never what was merely received.
    var heartbeatSequence: Int64? {
        self.held.flatMap { $0.accepted > 0 ? $0.accepted : nil }
    }

    private var stateDeadline: Instant? {
        switch self.state {
        case .idle, .reserving, .awaitingPermit, .live, .ended: nil
        case .waiting(let until), .reserved(let until), .dialing(let until), .greeting(let until), .awaitingGrant(let until), .identifying(_, let until),
            .closing(_, let until), .flushing(_, let until):
            until
        case .resuming(let until, _): until
        case .blocked(let refused): self.authority == refused ? nil : Instant(nanoseconds: 0)
        }
    }

    mutating func enter(_ phase: ShardPhase, _ effects: inout [SessionEffect]) {
        guard self.phase != phase else { return }
        self.phase = phase
        effects.append(.report(.phase(phase)))
    }

    mutating func timePassed(to now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]) {
        // The state first: where it ends the connection, no beat is due any more.
        if let until = self.stateDeadline, now >= until { self.stateExpired(at: now, using: &random, &effects) }
        let isPaused = self.isReadingPaused || !self.isReading
        switch self.heartbeat?.timePassed(to: now, isReadingPaused: isPaused) {
        case .beat: effects.append(.sendHeartbeat(sequence: self.heartbeatSequence))
        case .zombie: self.leave("no heartbeat ACK", .zombie, at: now, using: &random, &effects)
        case .nothing, nil: break
        }
    }

    private mutating func stateExpired(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]) {
        switch self.state {
        case .idle, .reserving, .awaitingPermit, .live, .ended: break
        case .waiting, .blocked: self.connectAgain(at: now, &effects)
        case .reserved: self.dialToResume(at: now, &effects)
        case .dialing:
            effects.append(.drop)
            self.failedToConnect("no connection within \(SessionTiming.dial)", at: now, using: &random, &effects)
        case .greeting: self.leave("no HELLO within \(SessionTiming.hello)", .timeout, at: now, using: &random, &effects)
        case .awaitingGrant: self.leave("no grant within \(SessionTiming.grant)", .noPermit, at: now, using: &random, &effects)
        case .identifying: self.leave("no READY in time", .timeout, at: now, using: &random, &effects)
        case .resuming:
            self.resumeFailed(&effects)
            self.leave("no dispatch within \(SessionTiming.resume) of RESUME", .timeout, at: now, using: &random, &effects)
        case .closing(let next, _):
            effects.append(.drop)
            self.closeFinished(next, at: now, &effects)
        case .flushing: self.finishHandOff(at: now, &effects)
        }
    }
}
