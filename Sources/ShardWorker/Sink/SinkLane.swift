import ClusterModel
import GatewayClient
import GatewayModel
import Synchronization

/// Hears how far the sink came with one shard. Called on the sink's thread.
protocol SinkListener: Sendable {
    func sinkAccepted(_ position: AcceptedPosition)
    /// The queue fell below its low mark after `append` said `pauseReading`.
    func sinkDrained()
}

/// The queue of one shard under one assignment: lines wait here, in order, for the sink's thread.
final class SinkLane: Sendable {
    let lease: ShardLease
    private let limits: SinkLimits
    private let wake: WakeUp
    private let state: Mutex<State>

    private struct State {
        var line: EventLine
        var pending = LineChunk()
        var spare = LineChunk()
        /// Of `pending` and of what the sink's thread took and has not written yet.
        var queuedBytes = 0
        var isPaused = false
        var isDiscarding = false
        var isTaken = false
        var isSealed = false
        var discardedLines = 0
        var accepted: AcceptedPosition?
        var listener: (any SinkListener)?
    }

    init(lease: ShardLease, application: ApplicationID, limits: SinkLimits, wake: WakeUp) {
        self.lease = lease
        self.limits = limits
        self.wake = wake
        self.state = Mutex(State(line: EventLine(application: application, lease: lease)))
    }

    /// Queues one dispatch. After `discard()` it is counted and forgotten: the next owner of the session gets it again.
    func append(_ dispatch: GatewayDispatch) -> Delivery {
        self.append(sequence: dispatch.sequence, sessionID: dispatch.sessionID) { line, bytes in line.append(dispatch, to: &bytes) }
    }

    /// - Parameter settled: called on the sink's thread, once, when the line is with the sink; never where it is dropped.
    func append(_ control: ControlLine, settled: (@Sendable () -> Void)? = nil) {
        _ = self.append(sequence: 0, sessionID: "", settled: settled) { line, bytes in line.append(control, to: &bytes) }
    }

    /// The last dispatch that the sink accepted; `nil` while there is none.
    var accepted: AcceptedPosition? {
        self.state.withLock { $0.accepted }
    }

    /// Lines that were read and then not written, for want of authority.
    var discardedLines: Int {
        self.state.withLock { $0.discardedLines }
    }

    /// From now on nothing more is written or accepted, what waits included.
    func discard() {
        self.state.withLock { state in
            state.isDiscarding = true
            state.discardedLines += state.pending.marks.count
            state.queuedBytes -= state.pending.bytes.count
            state.pending.removeAll()
        }
        self.wake.signal()
    }

    func setListener(_ listener: any SinkListener) {
        self.state.withLock { $0.listener = listener }
    }

    /// From now on `accepted` stays as it is and nobody is told anything.
    func seal() {
        self.state.withLock { state in
            state.isSealed = true
            state.listener = nil
        }
    }

    private func append(
        sequence: Int64, sessionID: String, settled: (@Sendable () -> Void)? = nil, write: (inout EventLine, inout [UInt8]) -> Void
    ) -> Delivery {
        let (delivery, mustWake) = self.state.withLock { state -> (Delivery, Bool) in
            guard !state.isDiscarding else {
                state.discardedLines += 1
                return (.goOn, false)
            }
            let wasEmpty = state.pending.marks.isEmpty
            let start = state.pending.bytes.count
            write(&state.line, &state.pending.bytes)
            state.pending.marks.append(LineChunk.Mark(end: state.pending.bytes.count, sequence: sequence, sessionID: sessionID, settled: settled))
            state.queuedBytes += state.pending.bytes.count - start
            if state.queuedBytes >= self.limits.laneHighBytes { state.isPaused = true }
            return (state.isPaused ? .pauseReading : .goOn, wasEmpty)
        }
        if mustWake { self.wake.signal() }
        return delivery
    }
}

/// What the sink's thread does with a lane.
extension SinkLane {
    var isDiscarding: Bool { self.state.withLock { $0.isDiscarding } }

    /// Nothing waits and nothing is being written.
    var isIdle: Bool {
        self.state.withLock { !$0.isTaken && $0.pending.marks.isEmpty }
    }

    /// All that waits; `nil` where nothing does, or where the last chunk was not given back yet.
    func take() -> LineChunk? {
        self.state.withLock { state in
            guard !state.isTaken, !state.pending.marks.isEmpty else { return nil }
            state.isTaken = true
            var chunk = state.spare
            state.spare = LineChunk()
            swap(&chunk, &state.pending)
            return chunk
        }
    }

    /// `bytes` of whole lines are with the sink, up to `position` (`nil`: control lines only).
    func written(bytes: Int, position: AcceptedPosition?) {
        let (listener, isDrained) = self.state.withLock { state -> ((any SinkListener)?, Bool) in
            state.queuedBytes -= bytes
            if let position, !state.isSealed { state.accepted = position }
            let isDrained = state.isPaused && state.queuedBytes <= self.limits.laneLowBytes
            if isDrained { state.isPaused = false }
            return (state.listener, isDrained)
        }
        if let position { listener?.sinkAccepted(position) }
        if isDrained { listener?.sinkDrained() }
    }

    /// Gives a chunk back: all of it is written, or its last `bytes` in `lines` lines are dropped.
    func giveBack(_ chunk: consuming LineChunk, droppedLines lines: Int, bytes: Int) {
        chunk.removeAll()
        let kept = chunk
        self.state.withLock { state in
            state.isTaken = false
            state.spare = kept
            state.queuedBytes -= bytes
            state.discardedLines += lines
        }
    }
}
