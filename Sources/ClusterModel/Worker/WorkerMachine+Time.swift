import GatewayModel

// Time: the fence, renewals, reconnects, the end.
extension WorkerMachine {
    /// Under `fence`: closes everything before the coordinator could give it away, and becomes somebody who holds nothing.
    mutating func fenceIfOverdue(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]) {
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

    mutating func advance(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]) {
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
                self.forgetOldPresences(at: now)
                effects.append(.send(.renew(Renewal(stamp: now, shards: self.reports, acceptedEvents: self.acceptedEvents))))
            }
        case .connecting, .ended: break
        }
        if let stopping = self.stopping, self.held.isEmpty, self.fencing.isEmpty, self.link != .ended, self.everyCommandEnded {
            if self.link == .joined { effects.append(.send(.goodbye(stopping.finals, returning: stopping.returning))) }
            self.link = .ended
            effects.append(.exit(.stopped))
        }
    }

    mutating func leaveStream(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]) {
        effects.append(.note(ClusterNote(.warning, "No answer from the coordinator: a new stream is opened")))
        effects.append(.disconnect)
        self.link = .idle(until: now + self.backoff(using: &random))
        self.reconnects += 1
        self.dropQueuedAssignments()
    }

    /// No ack for this long: the stream is taken for dead and opened anew, well before the lease runs out.
    static let silenceLimit = Duration.seconds(4)

    mutating func stop(returning: Bool, _ effects: inout [WorkerEffect]) {
        guard self.stopping == nil else { return }
        self.stopping = Stopping(returning: returning, finals: [])
        for key in self.heldKeys { self.stop(key, .handOff, &effects) }
    }

    func computeDeadline(at now: Instant) -> Instant? {
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
    static func newIncarnation(using random: inout some RandomNumberGenerator) -> Incarnation {
        var digits = ""
        for _ in 0..<2 {
            let half = String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 16)
            digits += String(repeating: "0", count: 16 - half.count) + half
        }
        return Incarnation(rawValue: digits)
    }
}
