/// Decides which waiting shard may IDENTIFY in one process: a queue of tickets over `IdentifyPermits` and `StartBudget`.
package struct LocalPermits: Sendable {
    /// One request for a permit. Rises: the first of a shard is served first.
    package typealias Ticket = Int

    package enum Effect: Hashable, Sendable {
        /// The ticket is served: dial, come to HELLO, then take the permit.
        case offer(Ticket, PermitID)
        /// The taken permit is spent now: IDENTIFY strictly before this instant.
        case go(PermitID, validUntil: Instant)
        /// The permit is no longer to be had: ask anew.
        case withdrawn(PermitID)
    }

    private let timing: IdentifyTiming
    private var permits: IdentifyPermits
    private var budget = StartBudget()
    private var waiting: [Ticket: ShardIdentity] = [:]
    private var lastTicket = 0
    /// The first one of an idle queue waits for those that come in the same moment, so that the order is that of the shards.
    private var settlesAt: Instant?
    /// Offered or taken, and not yet spent.
    private var pending: Set<PermitID> = []
    private var readAt: Instant?
    private var isReading = false
    private var failures = 0
    private var readNotBefore: Instant?

    /// How old Discord's count may be where a permit is wanted.
    package static let maxAge = Duration.seconds(300)

    package init(issuer: String, timing: IdentifyTiming = IdentifyTiming(), at now: Instant) {
        self.timing = timing
        self.permits = IdentifyPermits(issuer: issuer, timing: timing, at: now)
    }

    /// Nothing more can be offered now than the budget above its floor.
    package func isBudgetSpent(at now: Instant) -> Bool {
        self.budget.available(at: now).map { $0 <= 0 } ?? false
    }

    package var breakerOpenUntil: Instant? { self.permits.breakerOpenUntil }

    /// How long an idle queue waits for others after its first.
    private static let settle = Duration.milliseconds(10)

    package mutating func asked(_ shard: ShardIdentity, at now: Instant) -> Ticket {
        if self.waiting.isEmpty { self.settlesAt = now + Self.settle }
        self.lastTicket += 1
        self.waiting[self.lastTicket] = shard
        return self.lastTicket
    }

    package mutating func withdrew(_ ticket: Ticket) {
        self.waiting[ticket] = nil
    }

    package mutating func taken(_ permit: PermitID, at now: Instant) -> [Effect] {
        // Withdrawn before it was taken.
        guard self.pending.contains(permit) else { return [.withdrawn(permit)] }
        return self.steps(self.permits.taken(permit, at: now), at: now) + self.lapsed()
    }

    package mutating func ended(_ permit: PermitID, _ outcome: IdentifyOutcome, at now: Instant) -> [Effect] {
        self.pending.remove(permit)
        // Discord refused: its count is read again before the next one.
        if outcome == .invalidSession { self.readAt = nil }
        _ = self.permits.ended(permit, outcome, at: now)
        // Only a permit that is not spent yet can be declined; for any other this is nothing.
        self.permits.declined(permit, at: now)
        return self.offers(at: now)
    }

    // MARK: GET /gateway/bot

    /// Whether somebody is to read it now; who does is to call `readBegan`.
    package func wantsRead(at now: Instant) -> Bool {
        guard !self.isReading, !self.waiting.isEmpty, self.readNotBefore.map({ now >= $0 }) ?? true else { return false }
        return self.readAt.map { now >= $0 + Self.maxAge } ?? true
    }

    package mutating func readBegan(at now: Instant) {
        self.isReading = true
        self.budget.readBegan(open: self.permits.unresolved(at: now))
    }

    package mutating func readEnded(_ limit: SessionStartLimit, maxConcurrency: Int, at now: Instant) -> [Effect] {
        self.isReading = false
        self.failures = 0
        self.readNotBefore = nil
        self.readAt = now
        self.budget.readEnded(limit, at: now)
        self.permits.learned(maxConcurrency: maxConcurrency, at: now)
        return self.offers(at: now)
    }

    /// Tried again after 1 s, doubled by each further failure up to 16 s.
    package mutating func readFailed(at now: Instant) {
        self.isReading = false
        self.budget.readEnded(nil, at: now)
        self.failures += 1
        self.readNotBefore = now + .seconds(1 << min(self.failures - 1, 4))
    }

    /// Who read gave up: the next one may read at once.
    package mutating func readAbandoned(at now: Instant) {
        self.isReading = false
        self.budget.readEnded(nil, at: now)
    }

    // MARK: Time

    package mutating func timePassed(to now: Instant) -> [Effect] {
        // A new window has begun: what Discord counts in it is worth a question.
        if let ends = self.budget.windowEnds, now >= ends { self.readAt = nil }
        self.budget.timePassed(to: now)
        let effects = self.steps(self.permits.timePassed(to: now), at: now)
        return effects + self.lapsed() + self.offers(at: now)
    }

    /// When `timePassed` is wanted next, or a read. What is past already was considered with the last input.
    package func deadline(after now: Instant) -> Instant? {
        guard !self.waiting.isEmpty || !self.pending.isEmpty || self.permits.open > 0 else { return nil }
        var deadlines: [Instant] = []
        if let deadline = self.permits.deadline(after: now) { deadlines.append(deadline) }
        if let settlesAt { deadlines.append(settlesAt) }
        if let ends = self.budget.windowEnds { deadlines.append(ends) }
        if !self.waiting.isEmpty, !self.isReading {
            if let readNotBefore { deadlines.append(readNotBefore) } else if let readAt { deadlines.append(readAt + Self.maxAge) }
        }
        return deadlines.filter { $0 > now }.min()
    }

    /// Offers that the issuer took back: too late, or its terms changed.
    private mutating func lapsed() -> [Effect] {
        let lapsed = self.pending.sorted().filter { !self.permits.isOpen($0) }
        self.pending.subtract(lapsed)
        return lapsed.map { .withdrawn($0) }
    }

    private mutating func offers(at now: Instant) -> [Effect] {
        if let settlesAt, now < settlesAt { return [] }
        self.settlesAt = nil
        guard let readAt, now < readAt + Self.maxAge, let available = self.budget.available(at: now) else { return [] }
        let allowance = available - self.permits.offered
        guard allowance > 0 else { return [] }
        let holders = Set(self.waiting.values).sorted().map { Self.holder($0) }
        return self.steps(self.permits.offers(to: holders, allowance: allowance, at: now), at: now)
    }

    /// Permits go by shard; a shard that asks twice is the same one.
    private static func holder(_ shard: ShardIdentity) -> IdentifyHolder {
        IdentifyHolder(set: shard.numShards, shard: shard.id, life: 0)
    }

    private mutating func steps(_ steps: [IdentifyPermits.Step], at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for step in steps {
            switch step {
            case .offer(let permit, let holder):
                guard let ticket = self.waiting.keys.sorted().first(where: { self.waiting[$0].map { Self.holder($0) } == holder }) else {
                    preconditionFailure("an offer to a shard that does not wait: \(holder)")
                }
                self.waiting[ticket] = nil
                self.pending.insert(permit)
                effects.append(.offer(ticket, permit))
            case .commit(let permit, _, _):
                self.pending.remove(permit)
                guard let available = self.budget.available(at: now), available > 0 else {
                    _ = self.permits.commitEnded(permit, isCommitted: false, at: now)
                    effects.append(.withdrawn(permit))
                    continue
                }
                self.budget.permitSpent(at: now)
                _ = self.permits.commitEnded(permit, isCommitted: true, at: now)
                effects.append(.go(permit, validUntil: now + self.timing.permitValidity))
            case .closed: break
            }
        }
        return effects
    }
}
