/// Decides what of one shard's life is counted, from what its session machine was told and what it answered.
///
/// It is not asked for a dispatch that is simply next. Those are counted by whoever delivers them, and told here with each heartbeat and at each end.
package struct ShardTally: Sendable {
    /// `nil` before the start and after the end.
    private var phase: ShardPhase?
    private var hasEnded = false
    private var isDialing = false
    /// Why the present dial fails, once it is known. A dial that the machine gives up has told nothing.
    private var dialFailure = DialFailure.timeout
    private var isConnected = false
    private var isResuming = false
    private var roundTrips = 0
    /// What is counted already.
    private var dispatches = 0
    private var pruned = PrunedCounts()

    package init() {}

    /// The run begins. One that was stopped before may be over by then, or about to be.
    package mutating func started() -> [ShardCount] {
        guard self.phase == nil, !self.hasEnded else { return [] }
        return self.move(to: .waiting)
    }

    /// The present dial comes to nothing; the session machine is told next.
    package mutating func dialFailed(_ failure: DialFailure) {
        self.dialFailure = failure
    }

    /// - Parameters:
    ///   - input: what the session machine was told.
    ///   - effects: what it answered.
    ///   - roundTrips: of heartbeats since the start, how many; `roundTrip` is the latest.
    ///   - dispatches: delivered since the start.
    ///   - pruned: since the start.
    ///   - cause: of the disconnect among the effects, if there is one.
    package mutating func handled(
        _ input: SessionInput, _ effects: [SessionEffect], roundTrips: Int, roundTrip: Duration?, dispatches: Int, pruned: PrunedCounts,
        cause: DisconnectCause
    ) -> [ShardCount] {
        var counts: [ShardCount] = []
        if case .connected = input, self.isDialing {
            self.isDialing = false
            self.isConnected = true
            counts.append(.connection)
        }
        if roundTrips != self.roundTrips, let roundTrip {
            self.roundTrips = roundTrips
            counts.append(.roundTrip(roundTrip))
        }
        var isFlushDue = false
        for effect in effects {
            switch effect {
            case .dial:
                self.isDialing = true
                self.dialFailure = .timeout
            case .sendResume: self.isResuming = true
            case .sendHeartbeat: isFlushDue = true
            case .report(let event):
                if case .disconnected = event { isFlushDue = true }
                self.told(event, isSessionLost: effects.contains(.report(.sessionLost)), cause, &counts)
            case .end(let end):
                isFlushDue = true
                self.hasEnded = true
                self.resumeEnded(.interrupted, &counts)
                self.stopped(end, &counts)
                counts += self.move(to: nil)
            case .reserveDial, .sendIdentify, .close, .drop, .deliver, .stopReading: break
            }
        }
        if isFlushDue { self.flush(dispatches, pruned, &counts) }
        return counts
    }

    private mutating func told(_ event: ShardEvent, isSessionLost: Bool, _ cause: DisconnectCause, _ counts: inout [ShardCount]) {
        switch event {
        case .phase(let phase):
            if phase == .stopping { self.resumeEnded(.interrupted, &counts) }
            counts += self.move(to: phase)
        case .resumed: self.resumeEnded(.resumed, &counts)
        case .sessionLost: self.resumeEnded(.sessionLost, &counts)
        case .disconnected(let code, _, let disposition):
            self.resumeEnded(isSessionLost ? .sessionLost : .interrupted, &counts)
            counts.append(self.isDialing ? .dialFailure(self.dialFailure) : .disconnect(disposition, code: code, cause))
            self.isDialing = false
            self.isConnected = false
        case .identified(_, let outcome, _): counts.append(.identify(outcome))
        case .gap(let reason, _): counts.append(.gap(reason))
        case .anomaly(let anomaly, _): counts.append(.anomaly(anomaly))
        case .ready, .readyToIdentify: break
        }
    }

    /// A connection that we ended with the shard, of which nothing else is told.
    private mutating func stopped(_ end: ShardEnd, _ counts: inout [ShardCount]) {
        guard self.isConnected, case .stopped(let session) = end else { return }
        self.isConnected = false
        counts.append(.disconnect(session == nil ? .identify : .resume, code: nil, .stopped))
    }

    /// Where one is under way.
    private mutating func resumeEnded(_ outcome: ResumeOutcome, _ counts: inout [ShardCount]) {
        guard self.isResuming else { return }
        self.isResuming = false
        counts.append(.resume(outcome))
    }

    private mutating func move(to phase: ShardPhase?) -> [ShardCount] {
        guard phase != self.phase else { return [] }
        defer { self.phase = phase }
        return (self.phase.map { [.shards($0, change: -1)] } ?? []) + (phase.map { [.shards($0, change: 1)] } ?? [])
    }

    private mutating func flush(_ dispatches: Int, _ pruned: PrunedCounts, _ counts: inout [ShardCount]) {
        if dispatches != self.dispatches { counts.append(.dispatches(dispatches - self.dispatches)) }
        counts += pruned.since(self.pruned)
        self.dispatches = dispatches
        self.pruned = pruned
    }
}
