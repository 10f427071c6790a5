import ClusterModel
import GatewayClient
import GatewayModel
import Synchronization

/// Stands between one shard and the worker: its dispatches and own events go to its lane of the sink, in order, its signals to the worker's inbox. The shard itself logs them.
///
/// Nothing that follows a gap is told before the gap is with the sink: else a crash in between would leave the next owner with a new session and no gap line.
final class ShardBridge: ShardHandler {
    private let lane: SinkLane
    private let lease: ShardLease
    private let inbox: WorkerInbox
    private let counters: WorkerCounters
    private let stopping: OneShot
    /// This run of a shard that a re-shard created began without a session: its first READY ends the re-shard for it. Said at least once: again where a
    /// later assignment begins without a session too.
    private let isReshardOpen: Atomic<Bool>
    private let signals: Mutex<Signals>

    private struct Signals {
        /// The session as told so far.
        var told: GatewaySession?
        /// Gaps that the sink has not taken yet; a dropped one stays for ever, and so does what waits for it.
        var gaps = 0
        /// What waits for them. A phase replaces the phase before it; permits are one at a time, each 16 s at the most often.
        var held: [ShardSignal] = []
    }

    init(_ assignment: Assignment, lane: SinkLane, inbox: WorkerInbox, stopping: OneShot, counters: WorkerCounters) {
        self.lane = lane
        self.lease = assignment.lease
        self.inbox = inbox
        self.counters = counters
        self.stopping = stopping
        self.signals = Mutex(Signals(told: assignment.session))
        let isReshardOpen = assignment.lease.key.generation.rawValue > 1 && assignment.session == nil
        self.isReshardOpen = Atomic(isReshardOpen)
        if isReshardOpen, assignment.lease.epoch.rawValue == 1 { lane.append(.reshardBegin) }
    }

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        self.lane.append(dispatch)
    }

    func receive(_ event: ShardEvent) {
        switch event {
        case .phase(let phase):
            self.post(.phase(phase))
            if phase == .stopping { self.stopping.fire() }
        case .ready(let session):
            self.counters.sessions.add(1, ordering: .relaxed)
            self.lane.append(.ready(session))
            if self.isReshardOpen.exchange(false, ordering: .relaxed) { self.lane.append(.reshardEnd) }
            self.post(.session(session))
        case .resumed(let session, let replayed):
            self.lane.append(.resumed(session, replayed: replayed))
            self.counters.resumes.add(1, ordering: .relaxed)
            self.post(.resumed)
        case .gap(let reason, let session):
            self.signals.withLock { $0.gaps += 1 }
            self.lane.append(.gap(reason, session: session), settled: { self.gapSettled() })
            self.counters.gaps.add(1, ordering: .relaxed)
        case .disconnected(let code, let reason, let disposition):
            self.lane.append(.disconnected(code: code, reason: reason, disposition))
            self.counters.disconnections.add(1, ordering: .relaxed)
        case .sessionLost:
            self.post(.session(nil))
        case .readyToIdentify(let permit):
            self.post(.readyToIdentify(permit))
        case .identified(let permit, let outcome, let session):
            self.post(.identified(permit, outcome, session))
        case .anomaly:
            self.counters.anomalies.add(1, ordering: .relaxed)
        }
    }

    private func post(_ signal: ShardSignal) {
        self.signals.withLock { signals in
            guard signals.gaps > 0 else {
                self.tell(signal, &signals)
                return
            }
            if case .phase = signal, case .phase = signals.held.last { signals.held.removeLast() }
            signals.held.append(signal)
        }
    }

    private func gapSettled() {
        self.signals.withLock { signals in
            signals.gaps -= 1
            guard signals.gaps == 0 else { return }
            for signal in signals.held { self.tell(signal, &signals) }
            signals.held = []
        }
    }

    /// Under the lock, for the order.
    private func tell(_ signal: ShardSignal, _ signals: inout Signals) {
        switch signal {
        case .session(let session): signals.told = session
        case .identified(_, _, .some(let session)): signals.told = session
        case .identified, .phase, .resumed, .readyToIdentify, .ended: break
        }
        self.inbox.post(.input(.shard(self.lease, signal)))
    }

    /// The end as the sink's lines have it, once the lane is closed: where a gap line was dropped, the shard ends with the session from before that gap.
    /// Its next owner tries that session, is refused, and declares the gap again.
    func ended(_ end: ShardEnd) -> ShardEnd {
        guard case .stopped = end else { return end }
        return self.signals.withLock { $0.gaps > 0 ? .stopped($0.told) : end }
    }
}
