import GatewayModel
import Logging
import NIOCore
import Synchronization

/// One shard of a group, from its attachment to its end: between its `GatewayShard`, the group's delivery, and whoever waits for it.
final class ShardCell: ShardHandler, EventLaneOwner {
    let identity: ShardIdentity
    /// Set when the shard is live for the first time, or ends before.
    let outcome = Latch<AttachResult.Outcome>()
    /// Set at the end of the run, with what can be taken elsewhere.
    let ended = Latch<ShardState>()
    let initial: ShardState
    private let outlet: Outlet
    private let eventLoop: any EventLoop
    private let state: Mutex<State>
    /// Of `State.session`, where a handler accepts inline: written without the lock, for each dispatch; a new session begins it anew under the lock.
    private let acceptedInline = Atomic<Int64>(0)
    private let acceptedAt = Atomic<Int64>(0)
    private let signals: AsyncStream<IdentifySignal>
    private let toSignals: AsyncStream<IdentifySignal>.Continuation

    enum Outlet: Sendable {
        case buffer(EventLane)
        case inline(InlineOutlet)
    }

    /// Hears every event of the shard after the delivery did.
    typealias Listener = @Sendable (ShardEvent) -> Void

    private enum IdentifySignal: Sendable {
        case permitWanted
        case readyToIdentify(PermitID)
        case ended(PermitID, IdentifyOutcome)
    }

    private struct State {
        var session: GatewaySession?
        var phase = ShardPhase.waiting
        var shard: GatewayShard?
        var listener: Listener?
        var stop: GroupStop?
        /// Acquired and not settled; with the outcome, where the shard told it.
        var permits: [PermitID: IdentifyOutcome?] = [:]
    }

    init(_ initial: ShardState, outlet: Outlet, eventLoop: any EventLoop) {
        self.initial = initial
        self.identity = initial.shard
        self.outlet = outlet
        self.eventLoop = eventLoop
        self.state = Mutex(State(session: initial.session))
        // Bounded by the permits' own protocol: a handful for each round, and a round takes its time.
        (self.signals, self.toSignals) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        if case .buffer(let lane) = outlet { lane.buffer.setOwner(self, of: lane.slot) }
    }

    /// As it is now, with the sequence up to which everything is taken.
    var snapshot: ShardState { self.ended.value ?? self.present }

    private var present: ShardState {
        var snapshot = self.initial
        self.state.withLock { state in
            snapshot.session = state.session
            snapshot.phase = state.phase
            let sequence = self.acceptedInline.load(ordering: .relaxed)
            if let session = state.session { snapshot.session?.sequence = max(session.sequence, sequence) }
        }
        let acceptedAt = self.acceptedAt.load(ordering: .relaxed)
        snapshot.lastEventAtMilliseconds = acceptedAt > 0 ? acceptedAt : nil
        if case .buffer(let lane) = self.outlet, let taken = lane.buffer.taken(lane.slot) { snapshot.session?.accept(taken) }
        return snapshot
    }

    var shard: GatewayShard? { self.state.withLock { $0.shard } }

    var sessionID: String? { self.state.withLock { $0.session?.sessionID } }

    /// Its run will not come any more.
    ///
    /// - Parameter ending: as of `run`; not called where the shard has ended before.
    func neverRan(ending: (ShardEnd) -> Void = { _ in }) {
        guard self.ended.value == nil else { return }
        self.finish(.stopped(self.initial.session), ending)
    }

    /// - Parameter isFinal: it is the group that ends. A session that is to end for good is then not saved by a hand-off that began before. None is ended
    ///   twice.
    func stop(_ mode: GroupStop, isFinal: Bool) {
        self.state.withLock { state in
            guard state.stop == nil || (isFinal && state.stop == .handOff && mode != .handOff) else { return }
            state.stop = mode
            state.shard?.end(mode)
        }
    }

    // MARK: The run

    /// Runs the shard to its end, pacing its IDENTIFYs by the gate. Cancellation ends it resumably.
    ///
    /// - Parameters:
    ///   - presence: what the group's shards show now.
    ///   - ending: called before anybody who waits for the end knows of it, and could attach the shard anew.
    func run(
        _ configuration: GatewayShardConfiguration, presence: @escaping @Sendable () -> Presence?, gate: any IdentifyGate, logger: Logger,
        gateFailed: @escaping @Sendable (any Error) -> Void, listener: @escaping Listener, ending: (ShardEnd) -> Void
    ) async {
        var configuration = configuration
        if let presence = presence() { configuration.presence = presence }
        let shard = GatewayShard(configuration: configuration, handler: self, eventLoop: self.eventLoop, logger: logger)
        self.state.withLock { state in
            state.shard = shard
            state.listener = listener
            if let mode = state.stop { shard.end(mode) }
        }
        // Set in the moment when the shard could not be found yet by whoever set it.
        let begun = configuration.presence
        shard.retain({ presence().flatMap { $0 == begun ? nil : $0 } }, within: .seconds(30))
        let end = await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.pace(shard, gate, gateFailed) }
            let end = await shard.run()
            self.toSignals.finish()
            tasks.cancelAll()
            return end
        }
        // What the pacing did not get to see any more.
        for permit in self.state.withLock({ Array($0.permits.keys) }).sorted() { await self.settle(permit, gate) }
        self.finish(end, ending)
    }

    private func finish(_ end: ShardEnd, _ ending: (ShardEnd) -> Void) {
        self.state.withLock { state in
            switch end {
            case .stopped(var session):
                // What was accepted since the shard ended, which it did not hear any more.
                if let known = state.session { session?.accept(EventPosition(sequence: known.sequence, sessionID: known.sessionID)) }
                state.session = session
                state.phase = .waiting
            case .fatal:
                state.session = nil
                state.phase = .failed
            }
            state.shard = nil
            state.listener = nil
        }
        let final = self.present
        if case .buffer(let lane) = self.outlet { lane.buffer.close(lane.slot) }
        ending(end)
        self.outcome.set(.failed(end))
        self.ended.set(final)
    }

    // MARK: IDENTIFY

    /// Gets a permit whenever the shard wants one. Ends with the shard, or where the gate fails.
    private func pace(_ shard: GatewayShard, _ gate: any IdentifyGate, _ gateFailed: @Sendable (any Error) -> Void) async {
        do {
            for await signal in self.signals {
                switch signal {
                case .permitWanted:
                    // One that came in the meantime is as good.
                    if self.state.withLock({ $0.permits.isEmpty }) { try await self.acquire(shard, gate) }
                case .readyToIdentify(let permit):
                    do {
                        shard.grant(permit, validUntil: try await gate.commit(permit))
                    } catch is PermitWithdrawn {
                        // The shard keeps its socket, and is told of the new permit in place of this one.
                        try await self.acquire(shard, gate)
                    }
                case .ended(let permit, let outcome):
                    self.state.withLock { $0.permits[permit] = outcome }
                    await self.settle(permit, gate)
                }
            }
        } catch {
            // Where nobody cancelled this, a gate that says so has given up as well.
            guard !Task.isCancelled else { return }
            gateFailed(error)
        }
    }

    private func acquire(_ shard: GatewayShard, _ gate: any IdentifyGate) async throws {
        let permit = try await gate.acquire(shard: self.identity.id, numShards: self.identity.numShards)
        self.state.withLock { $0.permits[permit] = .some(nil) }
        shard.offer(permit)
    }

    /// Once for each permit. One of which the shard told nothing was never used: the shard was over when it came.
    private func settle(_ permit: PermitID, _ gate: any IdentifyGate) async {
        guard let outcome = self.state.withLock({ $0.permits.removeValue(forKey: permit) }) else { return }
        await gate.settle(permit, outcome ?? .notSent)
    }

    // MARK: What the shard tells, on its event loop

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        switch self.outlet {
        case .buffer(let lane): lane.append(dispatch)
        case .inline(let outlet): outlet.receive(dispatch, for: self)
        }
    }

    func receive(_ event: ShardEvent) {
        let listener = self.state.withLock { state in
            switch event {
            case .phase(let phase): state.phase = phase
            case .ready(let session):
                state.session = session
                self.acceptedInline.store(session.sequence, ordering: .relaxed)
            case .sessionLost:
                state.session = nil
                self.acceptedInline.store(0, ordering: .relaxed)
            case .resumed, .gap, .disconnected, .readyToIdentify, .anomaly: break
            case .identified(let permit, let outcome, _): if state.permits[permit] != nil { state.permits[permit] = outcome }
            }
            return state.listener
        }
        self.deliver(event)
        self.signal(event)
        listener?(event)
        if event == .phase(.stopping) { self.stopping() }
    }

    private func deliver(_ event: ShardEvent) {
        let lifecycle = LifecycleEvent(event, of: self.identity)
        switch self.outlet {
        case .buffer(let lane): if let lifecycle { lane.append(lifecycle) }
        case .inline(let outlet):
            outlet.handler.receive(event)
            if let lifecycle { outlet.lifecycle(lifecycle) }
        }
    }

    private func signal(_ event: ShardEvent) {
        switch event {
        case .phase(.awaitingPermit): self.toSignals.yield(.permitWanted)
        case .readyToIdentify(let permit): self.toSignals.yield(.readyToIdentify(permit))
        case .identified(let permit, let outcome, _): self.toSignals.yield(.ended(permit, outcome))
        case .ready: self.outcome.set(.identified)
        case .resumed(_, let replayed): self.outcome.set(.resumed(replayed: replayed))
        case .phase, .gap, .disconnected, .sessionLost, .anomaly: break
        }
    }

    // MARK: The end of reading

    /// The consumer's time for what was delivered: less than the shard itself waits.
    private static let drainLimit = TimeAmount.milliseconds(1_800)

    private func stopping() {
        // A session that ends for good is delivered to its last event, also after the end.
        guard self.isResumable else { return }
        switch self.outlet {
        case .buffer(let lane):
            lane.buffer.drain(lane.slot)
            self.eventLoop.scheduleTask(in: Self.drainLimit) { [weak self] in
                guard let self, self.isResumable else { return }
                lane.buffer.seal(lane.slot, of: self)
            }
        case .inline(let outlet):
            guard outlet.acceptance == .automatic else { return }
            self.drained()
        }
    }

    private var isResumable: Bool {
        switch self.state.withLock({ $0.stop }) {
        case .handOff, nil: true
        case .retire: false
        }
    }

    /// The driver knows it already.
    func acceptedInline(_ sequence: Int64) {
        self.acceptedInline.store(sequence, ordering: .relaxed)
        self.acceptedAt.store(WallClock.milliseconds, ordering: .relaxed)
    }

    func accepted(_ position: EventPosition) {
        self.acceptedAt.store(WallClock.milliseconds, ordering: .relaxed)
        let shard = self.state.withLock { state in
            state.session?.accept(position)
            return state.shard
        }
        shard?.accepted(sequence: position.sequence, sessionID: position.sessionID)
    }

    func resumeReading() {
        self.shard?.resumeReading()
    }

    func drained() {
        self.shard?.flushed()
    }
}

extension GatewaySession {
    /// Of this session, and further on than before; else nothing.
    fileprivate mutating func accept(_ position: EventPosition) {
        guard self.sessionID == position.sessionID else { return }
        self.sequence = max(self.sequence, position.sequence)
    }
}

extension GatewayShard {
    fileprivate func end(_ mode: GroupStop) {
        switch mode {
        case .handOff: self.stop(.handOff)
        case .retire(let reason): self.retire(as: reason)
        }
    }
}
