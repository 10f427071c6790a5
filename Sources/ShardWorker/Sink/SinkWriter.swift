import ClusterModel
import Foundation
public import GatewayModel
public import Logging
import Synchronization

/// Carries the lines of all shards to one sink, on a thread of its own, as many whole lines at once as fit a batch.
///
/// Just before each batch it looks at the worker's authority. Without it a shard's lines wait; once a higher assignment epoch of that shard is known, or its
/// lane is discarded, they are dropped: they are not accepted, so the session's next owner gets them again.
public final class SinkWriter: Sendable {
    private let sink: any EventSink
    private let limits: SinkLimits
    private let clock: @Sendable () -> Instant
    private let logger: Logger
    private let wake = WakeUp()
    private let events = Atomic<Int>(0)
    private let shared: Mutex<Shared>

    private struct Shared {
        var lanes: [SinkLane] = []
        /// Kept for shards that left too: an old assignment must not come back to life.
        var highest: [ShardKey: AssignmentEpoch] = [:]
        var authority: DialAuthority
        var waits: [Wait] = []
        var isClosing = false
        var hasEnded = false
        var ended: CheckedContinuation<Void, Never>?
    }

    private struct Wait {
        var lane: SinkLane
        var deadline: Instant
        var continuation: CheckedContinuation<Bool, Never>
    }

    /// Starts the thread; `close()` ends it.
    public init(
        _ sink: any EventSink, limits: SinkLimits = SinkLimits(), authority: DialAuthority = .unlimited, logger: Logger,
        clock: @escaping @Sendable () -> Instant = { BootClock.now }
    ) {
        self.sink = sink
        self.limits = limits
        self.clock = clock
        self.logger = logger
        self.shared = Mutex(Shared(authority: authority))
        let thread = Thread { self.run() }
        thread.name = "sink"
        thread.start()
    }

    /// Dispatches accepted since the start.
    public var acceptedEvents: Int { self.events.load(ordering: .relaxed) }

    func setAuthority(_ authority: DialAuthority) {
        self.shared.withLock { $0.authority = authority }
        self.wake.signal()  // lines may have waited for it
    }

    /// A new lane. Lanes of the same shard with a lower epoch are dropped from here on.
    func open(_ lease: ShardLease, application: ApplicationID) -> SinkLane {
        let lane = SinkLane(lease: lease, application: application, limits: self.limits, wake: self.wake)
        self.shared.withLock { shared in
            shared.highest[lease.key] = max(lease.epoch, shared.highest[lease.key] ?? lease.epoch)
            shared.lanes.append(lane)
        }
        return lane
    }

    /// Waits until everything queued is with the sink. `false`: the time was up; said one batch late at most.
    func flush(_ lane: SinkLane, within limit: Duration) async -> Bool {
        await self.untilIdle(lane, within: limit)
    }

    /// Drops what still waits and forgets the lane. After it `lane.accepted` is final.
    func close(_ lane: SinkLane, within limit: Duration = .seconds(1)) async {
        lane.discard()
        if await !self.untilIdle(lane, within: limit) {
            self.logger.warning("A shard's last line could not be finished", metadata: [LogKey.lease: "\(lane.lease)", LogKey.sink: "\(self.sink.name)"])
        }
        lane.seal()
        self.shared.withLock { shared in shared.lanes.removeAll { $0 === lane } }
    }

    /// Ends the thread after what it can write now.
    public func close() async {
        await withCheckedContinuation { continuation in
            let hasEnded = self.shared.withLock { shared in
                guard !shared.hasEnded else { return true }
                shared.isClosing = true
                shared.ended = continuation
                return false
            }
            if hasEnded { continuation.resume() } else { self.wake.signal() }
        }
    }

    private func untilIdle(_ lane: SinkLane, within limit: Duration) async -> Bool {
        let deadline = self.clock() + limit
        return await withCheckedContinuation { continuation in
            let hasEnded = self.shared.withLock { shared in
                guard !shared.hasEnded else { return true }
                shared.waits.append(Wait(lane: lane, deadline: deadline, continuation: continuation))
                return false
            }
            if hasEnded { continuation.resume(returning: lane.isIdle) } else { self.wake.signal() }
        }
    }
}

/// The thread.
extension SinkWriter {
    /// What the thread took from a lane and has not written yet.
    private struct Taken {
        let lane: SinkLane
        let chunk: LineChunk
        /// The next line.
        var line = 0
        /// The next byte; inside that line where a pipe took only a part of it.
        var offset = 0

        var lineStart: Int { self.line == 0 ? 0 : self.chunk.marks[self.line - 1].end }
        var isTorn: Bool { self.offset > self.lineStart }
        var isDone: Bool { self.line == self.chunk.marks.count }

        /// What is left of the line at `offset`, at most `limit` bytes of it.
        func restOfLine(atMost limit: Int) -> Range<Int> {
            self.offset..<self.offset + min(limit, self.chunk.marks[self.line].end - self.offset)
        }

        /// The end of the last whole line that fits `room` bytes from `offset`; `nil` where none does.
        func end(fitting room: Int) -> Int? {
            guard !self.isDone, self.chunk.marks[self.line].end - self.offset <= room else { return nil }
            // Ends rise, so a binary search finds the last one that fits.
            var low = self.line
            var high = self.chunk.marks.count - 1
            while low < high {
                let middle = (low + high + 1) / 2
                if self.chunk.marks[middle].end - self.offset <= room { low = middle } else { high = middle - 1 }
            }
            return self.chunk.marks[low].end
        }
    }

    private enum Verdict {
        case write, withhold, drop
    }

    private struct Trouble {
        var kind: SinkTrouble
        var since: Instant
        var pauseMilliseconds: Int
        var isLogged: Bool
    }

    private func run() {
        var taken: [Taken] = []
        var trouble: Trouble?
        while true {
            let (lanes, isClosing) = self.shared.withLock { ($0.lanes, $0.isClosing) }
            for lane in lanes {
                if let chunk = lane.take() { taken.append(Taken(lane: lane, chunk: chunk)) }
            }
            let (met, wrote) = self.writeAll(&taken)
            if wrote || met != nil || taken.isEmpty { self.note(met, wrote, &trouble) }
            let areWaiting = self.settleWaits()
            if isClosing { break }
            self.wake.wait(atMost: trouble?.pauseMilliseconds ?? (areWaiting ? 50 : nil))
        }
        self.sink.close()
        let (waits, ended) = self.shared.withLock { shared in
            shared.hasEnded = true
            defer { shared.waits = [] }
            return (shared.waits, shared.ended)
        }
        for wait in waits { wait.continuation.resume(returning: wait.lane.isIdle) }
        ended?.resume()
    }

    /// Writes batch after batch until nothing may be written, or trouble comes; says whether the sink took any byte.
    private func writeAll(_ taken: inout [Taken]) -> (SinkTrouble?, wrote: Bool) {
        var batch: [UInt8] = []
        var wrote = false
        while true {
            batch.removeAll(keepingCapacity: true)
            let parts = self.gather(&taken, into: &batch)
            guard !batch.isEmpty else { return (nil, wrote) }
            let result = self.write(batch, of: parts, &taken)
            wrote = wrote || result.written > 0
            _ = self.settleWaits()  // a slow reader can hold this loop for minutes, and deadlines pass meanwhile
            if let trouble = result.trouble { return (trouble, wrote) }
        }
    }

    /// Fills one batch with whole lines, or with a part of one where the sink takes less at once. A line that a pipe took a part of comes first, with or without authority: half a line would spoil the next one.
    /// - Returns: for each part its place in `taken` and its bytes.
    private func gather(_ taken: inout [Taken], into batch: inout [UInt8]) -> [(place: Int, bytes: Int)] {
        var parts: [(place: Int, bytes: Int)] = []
        let (authority, highest) = self.shared.withLock { ($0.authority, $0.highest) }
        let mayEmit = authority.mayEmit(at: self.clock())
        // Dropped and finished ones leave first, so that places stay valid below.
        taken.removeAll { item in
            guard item.isDone || (!item.isTorn && Self.verdict(item.lane, mayEmit, highest) == .drop) else { return false }
            let lines = item.chunk.marks.count - item.line
            item.lane.giveBack(item.chunk, droppedLines: lines, bytes: item.chunk.bytes.count - item.lineStart)
            if lines > 0 {
                item.lane.discard()
                self.logger.notice(
                    "Lines dropped unwritten: the shard's next owner gets them again",
                    metadata: [LogKey.lease: "\(item.lane.lease)", LogKey.count: "\(lines)", LogKey.sink: "\(self.sink.name)"])
            }
            return true
        }
        if let torn = taken.firstIndex(where: \.isTorn) {
            let bytes = taken[torn].restOfLine(atMost: self.sink.mostBytesAtOnce)
            batch.append(contentsOf: taken[torn].chunk.bytes[bytes])
            return [(torn, bytes.count)]
        }
        let batchBytes = min(self.limits.batchBytes, self.sink.mostBytesAtOnce)
        for place in taken.indices {
            switch Self.verdict(taken[place].lane, mayEmit, highest) {
            case .drop, .withhold: continue  // one that is dropped since the check above leaves with the next batch
            case .write: break
            }
            let item = taken[place]
            let room = batchBytes - batch.count
            guard let end = item.end(fitting: room) ?? (batch.isEmpty ? item.restOfLine(atMost: self.sink.mostBytesAtOnce).upperBound : nil) else { continue }
            batch.append(contentsOf: item.chunk.bytes[item.offset..<end])
            parts.append((place, end - item.offset))
            if batch.count >= batchBytes { break }
        }
        return parts
    }

    private static func verdict(_ lane: SinkLane, _ mayEmit: Bool, _ highest: [ShardKey: AssignmentEpoch]) -> Verdict {
        if lane.isDiscarding { return .drop }
        if let known = highest[lane.lease.key], lane.lease.epoch < known { return .drop }
        return mayEmit ? .write : .withhold
    }

    private func write(_ batch: [UInt8], of parts: [(place: Int, bytes: Int)], _ taken: inout [Taken]) -> SinkWrite {
        var result = batch.withUnsafeBytes { self.sink.write($0) }
        if let trouble = self.sink.confirm() {
            // Not durable, so not accepted: cut back, or where that is impossible written a second time with the same ids.
            if self.sink.cutBack(result.written) || result.trouble == nil { result.written = 0 }
            if result.trouble == nil { result.trouble = trouble }
        }
        var rest = result.written
        for (place, bytes) in parts {
            let count = min(rest, bytes)
            rest -= count
            self.advance(&taken[place], by: count)
            if count < bytes { break }
        }
        return result
    }

    /// `count` more bytes of this lane are with the sink: whole lines are accepted, the part of one is cut back or remembered.
    private func advance(_ item: inout Taken, by count: Int) {
        let reached = item.offset + count
        let from = item.lineStart
        var position: AcceptedPosition?
        var dispatches = 0
        var line = item.line
        while line < item.chunk.marks.count, item.chunk.marks[line].end <= reached {
            let mark = item.chunk.marks[line]
            if mark.sequence > 0 {
                dispatches += 1
                position = AcceptedPosition(sessionID: mark.sessionID, sequence: mark.sequence)
            }
            line += 1
        }
        let settled = item.chunk.marks[item.line..<line].compactMap(\.settled)
        item.line = line
        item.offset = item.lineStart
        if reached > item.offset, !self.sink.cutBack(reached - item.offset) { item.offset = reached }
        if dispatches > 0 { self.events.add(dispatches, ordering: .relaxed) }
        if item.lineStart > from { item.lane.written(bytes: item.lineStart - from, position: position) }
        for settled in settled { settled() }
    }

    /// Says when trouble begins and ends, and how long to wait before the next try.
    private func note(_ met: SinkTrouble?, _ wrote: Bool, _ trouble: inout Trouble?) {
        let now = self.clock()
        guard let met else {
            if wrote, let trouble, trouble.isLogged {
                self.logger.notice("The sink takes events again", metadata: [LogKey.sink: "\(self.sink.name)", LogKey.duration: "\(now - trouble.since)"])
            }
            trouble = nil
            return
        }
        var next = trouble ?? Trouble(kind: met, since: now, pauseMilliseconds: 25, isLogged: false)
        if next.kind != met {
            next.kind = met
            next.isLogged = false
        }
        // A slow reader was already waited for; it is daily life for a second.
        next.pauseMilliseconds = met == .readerSlow ? 1 : min(1000, next.pauseMilliseconds * 2)
        if !next.isLogged, met != .readerSlow || now - next.since >= .seconds(1) {
            next.isLogged = true
            self.logger.warning(
                "The sink takes nothing; reading pauses when the queues are full", metadata: [LogKey.sink: "\(self.sink.name)", LogKey.reason: "\(met)"])
        }
        trouble = next
    }

    /// Answers those whose lane is idle or whose time is up; `true` where some wait on.
    private func settleWaits() -> Bool {
        let now = self.clock()
        let (settled, areWaiting) = self.shared.withLock { shared -> ([(CheckedContinuation<Bool, Never>, Bool)], Bool) in
            var settled: [(CheckedContinuation<Bool, Never>, Bool)] = []
            shared.waits.removeAll { wait in
                let isIdle = wait.lane.isIdle
                guard isIdle || now >= wait.deadline else { return false }
                settled.append((wait.continuation, isIdle))
                return true
            }
            return (settled, !shared.waits.isEmpty)
        }
        for (continuation, isIdle) in settled { continuation.resume(returning: isIdle) }
        return areWaiting
    }
}
