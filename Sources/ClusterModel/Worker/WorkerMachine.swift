public import GatewayModel

public struct WorkerConfiguration: Hashable, Sendable {
    public var stableID: StableID
    /// Shards it can hold, in `1...100_000`.
    public var capacity: Int
    public var timing: Timing

    public init(stableID: StableID, capacity: Int, timing: Timing = Timing()) {
        self.stableID = stableID
        self.capacity = capacity
        self.timing = timing
    }
}

/// A worker's decisions: its lease, what it may run, what it reports, when it must let go.
///
/// The lease counts from the moment a renewal was *sent*, never from its ack. A lease that ran out under `fence` ends every shard, and the worker
/// comes back as a new incarnation that holds nothing; under `hold` the shards run on and only dialing stops.
public struct WorkerMachine: Sendable {
    /// When `handle(.tick)` is wanted next.
    public var deadline: Instant? { self.nextDeadline }
    /// What every shard of this process may do, as of now; the shell passes it to its shards after each `handle`.
    public var authority: DialAuthority {
        DialAuthority(dialUntil: self.dialUntil, emitUntil: self.isolation == .fence ? self.leaseBase + self.timing.workerLease : nil)
    }
    public private(set) var incarnation: Incarnation
    /// When the watchdog thread must end the process with `_exit`, unless a later value replaces it; `nil` under `hold` or while nothing is held.
    public var watchdog: Instant? {
        guard self.isolation == .fence, !(self.held.isEmpty && self.fencing.isEmpty) else { return nil }
        return self.leaseBase + self.timing.workerLease
    }
    /// What it runs now, by key.
    public var leases: [ShardLease] { self.heldKeys.map { self.held[$0]!.lease } }
    public var isJoined: Bool { self.link == .joined }

    private let configuration: WorkerConfiguration
    private var link: Link
    private var isolation = Isolation.hold
    /// The send time of the newest renewal (or hello) that was answered: the lease counts from here.
    private var leaseBase: Instant
    /// Answers to stamps older than this belong to an earlier incarnation.
    private var incarnationSince: Instant
    private var highestEpoch = CoordinatorEpoch(rawValue: 0)
    private var held: [ShardKey: Held] = [:]
    private var heldKeys: [ShardKey] = []
    /// Leases cut by a fence whose loops have not ended yet. No hello before it is empty.
    private var fencing: Set<ShardLease> = []
    /// The highest epoch of each shard that ran here and ended: never started again.
    private var ended: [ShardKey: AssignmentEpoch] = [:]
    /// Said while no stream was open: final reports and outcomes. Bounded by the shards that this worker held.
    private var unsent: [WorkerMessage] = []
    private var stopping: Stopping?
    private var nextRenewal: Instant
    private var acceptedEvents = 0
    private var reconnects = 0
    private var nextDeadline: Instant?

    private var timing: Timing { self.configuration.timing }
    private var dialUntil: Instant { self.leaseBase + (self.isolation == .fence ? self.timing.workerFence : self.timing.workerLease) }

    private enum Link: Hashable {
        /// Next: `connecting`, at that instant.
        case idle(until: Instant)
        /// Next: `greeting`, on `connected`.
        case connecting
        /// Hello sent with this stamp. Next: `joined`, on its welcome.
        case greeting(stamp: Instant)
        case joined
        /// Refused or exited.
        case ended
    }

    private struct Held {
        var assignment: Assignment
        var phase = ShardPhase.waiting
        var session: GatewaySession?
        var stop: StopMode?
        /// The close code that ended it for good.
        var fatalCode: UInt16?
        /// A permit this worker asked to use, and its own stamp of that moment.
        var taken: (permit: PermitID, stamp: Instant)?
        /// A newer assignment of the same shard, started once this one ended.
        var next: Assignment?

        var lease: ShardLease { self.assignment.lease }
        var report: ShardReport { ShardReport(lease: self.lease, phase: self.stop == nil ? self.phase : .stopping, session: self.session) }
    }

    private struct Stopping {
        var returning: Bool
        var finals: [ShardReport]
    }

    public init(_ configuration: WorkerConfiguration, at now: Instant, using random: inout some RandomNumberGenerator) {
        self.configuration = configuration
        self.link = .idle(until: now)
        self.leaseBase = now - configuration.timing.workerLease
        self.incarnationSince = now
        self.nextRenewal = now
        self.incarnation = Self.newIncarnation(using: &random)
        self.nextDeadline = now
    }

    public mutating func handle(_ input: WorkerInput, at now: Instant, using random: inout some RandomNumberGenerator) -> [WorkerEffect] {
        var effects: [WorkerEffect] = []
        switch input {
        case .connected: self.connected(at: now, &effects)
        case .disconnected(let reason): self.disconnected(reason: reason, at: now, using: &random, &effects)
        case .received(let envelope): self.received(envelope, at: now, &effects)
        case .shard(let lease, let signal): self.shard(lease, signalled: signal, at: now, &effects)
        case .stopRequested(let returning): self.stop(returning: returning, &effects)
        case .tick(let progress): self.record(progress)
        }
        self.fenceIfOverdue(at: now, using: &random, &effects)
        self.advance(at: now, using: &random, &effects)
        self.nextDeadline = self.computeDeadline(at: now)
        return effects
    }
}

// MARK: - The control stream

extension WorkerMachine {
    private mutating func connected(at now: Instant, _ effects: inout [WorkerEffect]) {
        guard self.link == .connecting else {
            effects.append(.disconnect)
            return
        }
        self.link = .greeting(stamp: now)
        effects.append(
            .send(
                .hello(
                    WorkerHello(
                        protocolVersion: controlProtocolVersion, stableID: self.configuration.stableID, incarnation: self.incarnation,
                        capacity: self.configuration.capacity, highestCoordinatorEpoch: self.highestEpoch, held: self.reports, stamp: now))))
    }

    private mutating func disconnected(
        reason: String, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]
    ) {
        guard self.link != .ended else { return }
        if self.link == .joined { effects.append(.note(ClusterNote(.warning, "Control stream lost", detail: reason))) }
        self.link = .idle(until: now + self.backoff(using: &random))
        self.reconnects += 1
        self.dropQueuedAssignments()
    }

    /// What was told on a stream and not begun ends with it: the coordinator takes what the next hello does not report for not held.
    private mutating func dropQueuedAssignments() {
        for key in self.heldKeys { self.held[key]!.next = nil }
    }

    /// 0.1 s, doubling to 2 s, each with full jitter above its half.
    private func backoff(using random: inout some RandomNumberGenerator) -> Duration {
        let ceiling = Double(min(2_000, 100 << min(self.reconnects, 5)))
        return .milliseconds(Int64(Double.random(in: ceiling / 2...ceiling, using: &random)))
    }

    private mutating func received(_ envelope: CoordinatorEnvelope, at now: Instant, _ effects: inout [WorkerEffect]) {
        guard envelope.epoch >= self.highestEpoch else {
            effects.append(.note(ClusterNote(.warning, "Message of a deposed coordinator dropped", detail: "epoch \(envelope.epoch) < \(self.highestEpoch)")))
            return
        }
        switch self.link {
        case .greeting, .joined: break
        case .idle, .connecting, .ended: return  // the stream was left; what is still in flight on it is void
        }
        self.highestEpoch = envelope.epoch
        switch envelope.message {
        case .welcome(let stamp, let isolation):
            guard self.link == .greeting(stamp: stamp) else { return }
            self.link = .joined
            self.reconnects = 0
            self.renewed(from: stamp, isolation: isolation)
            self.nextRenewal = now + self.timing.renewInterval
            effects += self.unsent.map { .send($0) }
            self.unsent = []
            for key in self.heldKeys {
                guard let code = self.held[key]!.fatalCode else { continue }
                effects.append(.send(.failed(self.held[key]!.lease, code: code)))
            }
        case .refused(let reason):
            self.link = .ended
            effects.append(.exit(.refused(reason)))
        case .ack(let stamp, let isolation):
            self.renewed(from: stamp, isolation: isolation)
        case .assign(let assignment):
            self.assigned(assignment, at: now, &effects)
        case .revoke(let lease, let mode):
            guard let shard = self.held[lease.key], shard.lease == lease else {
                self.tell(.notHeld(lease), &effects)
                return
            }
            self.stop(lease.key, mode, &effects)
        case .offer(let permit, let lease):
            guard self.stopping == nil, let shard = self.held[lease.key], shard.lease == lease, shard.stop == nil else {
                self.tell(.decline(permit, reason: "the shard is not run here"), &effects)
                return
            }
            effects.append(.offer(lease, permit))
        case .go(let permit):
            self.granted(permit, at: now, &effects)
        case .stopApplication(let reason):
            effects.append(.note(ClusterNote(.error, "The application is stopped", detail: reason)))
            for key in self.heldKeys { self.stop(key, .handOff, &effects) }
        }
    }

    private mutating func renewed(from stamp: Instant, isolation: Isolation) {
        guard stamp >= self.incarnationSince else { return }
        self.leaseBase = max(self.leaseBase, stamp)
        self.isolation = isolation
    }

    private mutating func assigned(_ assignment: Assignment, at now: Instant, _ effects: inout [WorkerEffect]) {
        // Dropped without a word: the coordinator sees in the next reports that it is not held, and tells it again.
        guard assignment.incarnation == self.incarnation, self.stopping == nil, now < self.dialUntil else { return }
        let key = assignment.lease.key
        if let last = self.ended[key], assignment.lease.epoch <= last {
            self.tell(.notHeld(assignment.lease), &effects)
            return
        }
        if var shard = self.held[key] {
            guard assignment.lease.epoch > shard.lease.epoch else { return }
            if shard.next.map({ $0.lease.epoch < assignment.lease.epoch }) ?? true { shard.next = assignment }
            self.held[key] = shard
            if shard.phase == .failed {
                self.forget(key)
                self.start(assignment, &effects)
            } else {
                self.stop(key, .handOff, &effects)
            }
            return
        }
        self.start(assignment, &effects)
    }

    private mutating func start(_ assignment: Assignment, _ effects: inout [WorkerEffect]) {
        let key = assignment.lease.key
        self.held[key] = Held(assignment: assignment, session: assignment.session)
        self.heldKeys.insert(key, at: self.heldKeys.firstIndex { key < $0 } ?? self.heldKeys.endIndex)
        effects.append(.start(assignment))
    }

    /// Committed by the coordinator: the shard may IDENTIFY, if its stamp is still young and the lease still valid.
    private mutating func granted(_ permit: PermitID, at now: Instant, _ effects: inout [WorkerEffect]) {
        guard let key = self.heldKeys.first(where: { self.held[$0]!.taken?.permit == permit }), let stamp = self.held[key]!.taken?.stamp else {
            self.tell(.outcome(permit, .notSent), &effects)
            return
        }
        let validUntil = min(stamp + self.timing.permitValidity, self.dialUntil)
        guard now < validUntil, self.held[key]!.stop == nil else {
            self.held[key]!.taken = nil
            self.tell(.outcome(permit, .notSent), &effects)
            return
        }
        effects.append(.grant(self.held[key]!.lease, permit, validUntil: validUntil))
    }

    /// Sends now, or once a stream is open.
    private mutating func tell(_ message: WorkerMessage, _ effects: inout [WorkerEffect]) {
        if self.link == .joined {
            effects.append(.send(message))
        } else {
            self.unsent.append(message)
            if self.unsent.count > 4 * self.configuration.capacity + 64 { self.unsent.removeFirst() }
        }
    }
}

// MARK: - Shards

extension WorkerMachine {
    private mutating func shard(_ lease: ShardLease, signalled signal: ShardSignal, at now: Instant, _ effects: inout [WorkerEffect]) {
        if self.fencing.contains(lease) {
            if case .ended = signal { self.fencing.remove(lease) }
            return
        }
        guard var shard = self.held[lease.key], shard.lease == lease else { return }  // a late signal of a lease that ended
        switch signal {
        case .phase(let phase):
            guard shard.phase != phase else { return }
            shard.phase = phase
            self.held[lease.key] = shard
            self.report(shard, &effects)
        case .session(let session):
            shard.session = session
            self.held[lease.key] = shard
            self.report(shard, &effects)
        case .resumed:
            return
        case .readyToIdentify(let permit):
            // Without a stream the offer lapses; the next one asks again.
            guard self.link == .joined, shard.stop == nil, now < self.dialUntil else { return }
            shard.taken = (permit, now)
            self.held[lease.key] = shard
            effects.append(.send(.take(permit, stamp: now)))
        case .identified(let permit, let outcome, let session):
            if let session {
                shard.session = session
                self.held[lease.key] = shard
                self.report(shard, &effects)  // before the outcome: what frees the key also brings the session that it bought
            }
            if shard.taken?.permit == permit {
                self.held[lease.key]!.taken = nil
                self.tell(.outcome(permit, outcome), &effects)
            } else {
                self.tell(.decline(permit, reason: outcome.rawValue), &effects)
            }
        case .ended(let end):
            self.shardEnded(lease, end, &effects)
        }
    }

    private mutating func shardEnded(_ lease: ShardLease, _ end: ShardEnd, _ effects: inout [WorkerEffect]) {
        var shard = self.held[lease.key]!
        switch end {
        case .fatal(let code, _):
            shard.phase = .failed
            shard.fatalCode = code
            self.held[lease.key] = shard
            if self.link == .joined { effects.append(.send(.failed(lease, code: code))) }  // else it is said on the next stream
            if shard.stop != nil { self.finish(shard, session: shard.session, &effects) }
        case .stopped(let session):
            self.finish(shard, session: session, &effects)
        }
    }

    private mutating func finish(_ shard: Held, session: GatewaySession?, _ effects: inout [WorkerEffect]) {
        self.forget(shard.lease.key)
        let report = ShardReport(lease: shard.lease, phase: shard.phase == .failed ? .failed : .waiting, session: session)
        if self.stopping != nil {
            self.stopping!.finals.append(report)
            return
        }
        self.tell(.revoked(report), &effects)
        if let next = shard.next { self.start(next, &effects) }
    }

    private mutating func forget(_ key: ShardKey) {
        guard let shard = self.held.removeValue(forKey: key) else { return }
        self.heldKeys.removeAll { $0 == key }
        self.ended[key] = max(self.ended[key] ?? shard.lease.epoch, shard.lease.epoch)
    }

    private mutating func stop(_ key: ShardKey, _ mode: StopMode, _ effects: inout [WorkerEffect]) {
        guard var shard = self.held[key] else { return }
        let first = shard.stop == nil
        shard.stop = mode
        self.held[key] = shard
        if shard.phase == .failed {
            self.finish(shard, session: shard.session, &effects)
        } else if first || mode != .handOff {
            effects.append(.stop(shard.lease, mode))
        }
    }

    private mutating func report(_ shard: Held, _ effects: inout [WorkerEffect]) {
        if self.link == .joined { effects.append(.send(.shard(shard.report))) }  // else the hello reports all
    }

    private var reports: [ShardReport] { self.heldKeys.map { self.held[$0]!.report } }

    private mutating func record(_ progress: WorkerProgress) {
        for (lease, position) in progress.accepted {
            guard let shard = self.held[lease.key], shard.lease == lease, let session = shard.session, session.sessionID == position.sessionID else { continue }
            self.held[lease.key]!.session!.sequence = max(session.sequence, position.sequence)
        }
        self.acceptedEvents = progress.acceptedEvents
    }
}

// MARK: - Time

extension WorkerMachine {
    /// Under `fence`: closes everything before the coordinator could give it away, and becomes somebody who holds nothing.
    private mutating func fenceIfOverdue(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]) {
        guard self.isolation == .fence, !self.held.isEmpty, now >= self.leaseBase + self.timing.workerFence else { return }
        effects.append(.note(ClusterNote(.error, "Lease ran out: every shard is closed, resumably", detail: "\(self.held.count) shards")))
        for key in self.heldKeys {
            let shard = self.held[key]!
            if shard.phase != .failed {
                effects.append(.stop(shard.lease, .fence))
                self.fencing.insert(shard.lease)
            }
            self.forget(key)
        }
        self.unsent = []
        self.incarnation = Self.newIncarnation(using: &random)
        self.incarnationSince = now
        switch self.link {
        case .connecting, .greeting, .joined:
            effects.append(.disconnect)
            self.link = .idle(until: now + self.backoff(using: &random))
        case .idle, .ended: break
        }
    }

    private mutating func advance(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]) {
        switch self.link {
        case .idle(let until):
            if now >= until, self.fencing.isEmpty, self.stopping == nil {
                self.link = .connecting
                effects.append(.connect)
            }
        case .greeting(let stamp):
            if now >= stamp + Self.silenceLimit { self.leaveStream(at: now, using: &random, &effects) }
        case .joined:
            if now >= self.leaseBase + Self.silenceLimit {
                self.leaveStream(at: now, using: &random, &effects)
            } else if now >= self.nextRenewal {
                self.nextRenewal = now + self.timing.renewInterval
                effects.append(.send(.renew(Renewal(stamp: now, shards: self.reports, acceptedEvents: self.acceptedEvents))))
            }
        case .connecting, .ended: break
        }
        if let stopping = self.stopping, self.held.isEmpty, self.fencing.isEmpty, self.link != .ended {
            if self.link == .joined { effects.append(.send(.goodbye(stopping.finals, returning: stopping.returning))) }
            self.link = .ended
            effects.append(.exit(.stopped))
        }
    }

    private mutating func leaveStream(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]) {
        effects.append(.note(ClusterNote(.warning, "No answer from the coordinator: a new stream is opened")))
        effects.append(.disconnect)
        self.link = .idle(until: now + self.backoff(using: &random))
        self.reconnects += 1
        self.dropQueuedAssignments()
    }

    /// No ack for this long: the stream is taken for dead and opened anew, well before the lease runs out.
    private static let silenceLimit = Duration.seconds(4)

    private mutating func stop(returning: Bool, _ effects: inout [WorkerEffect]) {
        guard self.stopping == nil else { return }
        self.stopping = Stopping(returning: returning, finals: [])
        for key in self.heldKeys { self.stop(key, .handOff, &effects) }
    }

    private func computeDeadline(at now: Instant) -> Instant? {
        var deadlines: [Instant] = []
        switch self.link {
        case .idle(let until): if self.fencing.isEmpty, self.stopping == nil { deadlines.append(until) }
        case .greeting(let stamp): deadlines.append(stamp + Self.silenceLimit)
        case .joined: deadlines += [self.nextRenewal, self.leaseBase + Self.silenceLimit]
        case .connecting, .ended: break
        }
        if self.isolation == .fence, !self.held.isEmpty { deadlines.append(self.leaseBase + self.timing.workerFence) }
        return deadlines.min()
    }

    /// 128 random bits, 32 hexadecimal digits.
    private static func newIncarnation(using random: inout some RandomNumberGenerator) -> Incarnation {
        var digits = ""
        for _ in 0..<2 {
            let half = String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 16)
            digits += String(repeating: "0", count: 16 - half.count) + half
        }
        return Incarnation(rawValue: digits)
    }
}
