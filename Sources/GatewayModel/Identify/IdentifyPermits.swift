/// Decides which shard may IDENTIFY when, so that two IDENTIFYs of one rate-limit key *arrive* at least 5 s apart, whatever the network does.
///
/// A key is offered to the shard at the head of its queue; the shard comes to HELLO and takes it; the permit is committed, then told. The key is
/// free again 5.1 s after an outcome that proves when Discord processed the IDENTIFY, or 17 s after the commit where none came. Keys go in rounds
/// (`shard / maxConcurrency`): a round opens once the one before is resolved.
package struct IdentifyPermits: Sendable {
    package enum Step: Hashable, Sendable {
        case offer(PermitID, IdentifyHolder)
        /// Spend it: commit the permit, then call `commitEnded`.
        case commit(PermitID, rateLimitKey: Int, IdentifyHolder)
        /// The permit has ended; record it.
        case closed(PermitID, IdentifyOutcome)
    }

    package private(set) var concurrency: Int?
    package private(set) var breakerOpenUntil: Instant?
    private let timing: IdentifyTiming
    /// Of every permit id, so that two issuers never make the same.
    private let issuer: String
    private var keys: [Int: Key] = [:]
    private var permitsMade = 0
    private var notBefore: [IdentifyHolder: Instant] = [:]
    private var refusals: [Instant] = []
    /// A changed `max_concurrency` that waits for every permit to resolve.
    private var nextConcurrency: (value: Int, from: Instant?)?

    private struct Key: Sendable {
        var freeAt: Instant
        var current: Current?
        /// A permit that was open when this coordinator took over.
        var restored: PermitID?
    }

    private struct Current: Sendable {
        var permit: PermitID
        var holder: IdentifyHolder
        var state: State

        enum State: Hashable {
            /// Next: `taken`, or withdrawn at the deadline.
            case offered(deadline: Instant)
            /// Next: `committing`, once the key is free; withdrawn where that would come too late for the worker's stamp.
            case taken(at: Instant)
            /// Next: `open`, on the commit.
            case committing(since: Instant)
            /// Next: resolved by its outcome, or unknown 17 s after the commit.
            case open(since: Instant)
        }
    }

    /// - Parameter used: keys that an earlier issuer used, each with the permit that is open on it, if one is: they start cold.
    package init(issuer: String, timing: IdentifyTiming = IdentifyTiming(), used: [(key: Int, openPermit: PermitID?)] = [], at now: Instant) {
        self.issuer = issuer
        self.timing = timing
        for (key, openPermit) in used {
            let cold = openPermit == nil ? timing.identifySpacing : timing.unknownOutcome
            self.keys[key] = Key(freeAt: now + cold, restored: openPermit)
        }
    }

    /// Permits committed (or on their way to it) without an outcome.
    package var open: Int {
        self.keys.values.reduce(0) { count, key in
            switch key.current?.state {
            case .committing, .open: count + 1
            case .offered, .taken, nil: count
            }
        }
    }

    /// Permits whose IDENTIFY may be under way, those of the predecessor included.
    package func unresolved(at now: Instant) -> Int {
        self.open + self.keys.values.count { $0.restored != nil && now < $0.freeAt }
    }

    /// Permits offered and not yet committed: they will want budget.
    package var offered: Int {
        self.keys.values.reduce(0) { count, key in
            switch key.current?.state {
            case .offered, .taken: count + 1
            case .committing, .open, nil: count
            }
        }
    }

    /// Whether this permit is offered, taken or spent, and has no outcome.
    package func isOpen(_ permit: PermitID) -> Bool {
        self.key(of: permit) != nil
    }

    /// A changed modulus takes effect only after every permit under the old one is resolved, and 5 s more.
    package mutating func learned(maxConcurrency: Int, at now: Instant) {
        guard let present = self.concurrency else {
            self.concurrency = maxConcurrency
            return
        }
        if maxConcurrency == present {
            self.nextConcurrency = nil
        } else if self.nextConcurrency?.value != maxConcurrency {
            self.nextConcurrency = (maxConcurrency, nil)
        }
    }

    /// New offers for `waiting` (shards that report `awaitingPermit`), at most `allowance` in all.
    package mutating func offers(to waiting: [IdentifyHolder], allowance: Int, at now: Instant) -> [Step] {
        guard let concurrency, self.nextConcurrency == nil, !self.isBroken(at: now) else { return [] }
        let holders = self.keys.values.compactMap { $0.current?.holder }
        let candidates = waiting.filter { holder in self.notBefore[holder].map { $0 <= now } ?? true && !holders.contains(holder) }
        guard !candidates.isEmpty else { return [] }
        let round = (candidates + holders).reduce(Int.max) { min($0, $1.shard.rawValue / concurrency) }
        var steps: [Step] = []
        let ordered = candidates.sorted { ($0.shard, $0) < ($1.shard, $1) }
        for holder in ordered where holder.shard.rawValue / concurrency == round && steps.count < allowance {
            let number = holder.shard.rateLimitKey(maxConcurrency: concurrency)
            var key = self.keys[number] ?? Key(freeAt: now)
            guard key.current == nil, now >= key.freeAt - self.timing.offerLead else { continue }
            self.permitsMade += 1
            let permit = PermitID(rawValue: "\(self.issuer)-\(self.permitsMade)")
            key.current = Current(permit: permit, holder: holder, state: .offered(deadline: now + self.timing.offerLimit))
            self.keys[number] = key
            steps.append(.offer(permit, holder))
        }
        return steps
    }

    package mutating func taken(_ permit: PermitID, at now: Instant) -> [Step] {
        guard let number = self.key(of: permit), case .offered = self.keys[number]!.current!.state else { return [] }
        self.keys[number]!.current!.state = .taken(at: now)
        return self.commitIfFree(number, at: now)
    }

    package mutating func declined(_ permit: PermitID, at now: Instant) {
        guard let number = self.key(of: permit), let current = self.keys[number]!.current else { return }
        switch current.state {
        case .offered, .taken: self.withdraw(number, at: now)
        case .committing, .open: return  // spent: only an outcome or time frees it
        }
    }

    /// The commit of a permit ended.
    ///
    /// - Returns: who is to be told to go; `nil` where nobody is.
    package mutating func commitEnded(_ permit: PermitID, isCommitted: Bool, at now: Instant) -> IdentifyHolder? {
        guard let number = self.key(of: permit), let current = self.keys[number]!.current, case .committing = current.state else { return nil }
        guard isCommitted else {
            // Never told, so never used: the spacing stands as it was.
            self.withdraw(number, at: now)
            return nil
        }
        self.keys[number]!.current!.state = .open(since: now)
        return current.holder
    }

    /// What came of a permit. Steps are empty for a permit that is not open (late, repeated, or of another key's history).
    package mutating func ended(_ permit: PermitID, _ outcome: IdentifyOutcome, at now: Instant) -> [Step] {
        guard let number = self.key(of: permit), let current = self.keys[number]!.current else {
            return self.restoredEnded(permit, outcome, at: now)
        }
        guard case .open(let since) = current.state else { return [] }
        switch outcome {
        case .ready, .closed:
            self.resolve(number, freeAt: now + self.timing.identifySpacing)
        case .invalidSession:
            self.resolve(number, freeAt: now + self.timing.identifySpacing)
            self.refusals = self.refusals.filter { $0 > now - .seconds(60) } + [now]
            if self.refusals.count >= 3 {
                self.breakerOpenUntil = now + .seconds(300)
                self.refusals = []
            }
        case .notSent:
            self.resolve(number, freeAt: now)
            self.notBefore[current.holder] = now + .seconds(1)
        case .unknown:
            self.resolve(number, freeAt: since + self.timing.unknownOutcome)
        }
        return [.closed(permit, outcome)]
    }

    private mutating func restoredEnded(_ permit: PermitID, _ outcome: IdentifyOutcome, at now: Instant) -> [Step] {
        guard outcome != .unknown, let number = self.keys.keys.sorted().first(where: { self.keys[$0]!.restored == permit }) else { return [] }
        self.keys[number]!.freeAt = min(self.keys[number]!.freeAt, now + self.timing.identifySpacing)
        self.keys[number]!.restored = nil
        return [.closed(permit, outcome)]
    }

    package mutating func timePassed(to now: Instant) -> [Step] {
        var steps: [Step] = []
        for number in self.keys.keys.filter({ self.keys[$0]!.current != nil }).sorted() {
            guard let current = self.keys[number]!.current else { continue }
            switch current.state {
            case .offered(let deadline):
                if now >= deadline { self.withdraw(number, at: now) }
            case .taken:
                steps += self.commitIfFree(number, at: now)
            case .committing:
                break
            case .open(let since):
                guard now >= since + self.timing.unknownOutcome else { break }
                self.resolve(number, freeAt: now)
                steps.append(.closed(current.permit, .unknown))
            }
        }
        self.adoptConcurrency(at: now)
        if self.notBefore.values.contains(where: { $0 <= now }) { self.notBefore = self.notBefore.filter { $0.value > now } }
        if let until = self.breakerOpenUntil, now >= until { self.breakerOpenUntil = nil }
        return steps
    }

    package func isBroken(at now: Instant) -> Bool {
        self.breakerOpenUntil.map { now < $0 } ?? false
    }

    /// When `timePassed` or `offers` may have something new.
    package var deadline: Instant? { self.firstDeadline { _ in true } }

    /// As `deadline`, but not what is past: for who calls both with every change.
    package func deadline(after now: Instant) -> Instant? {
        self.firstDeadline { $0 > now }
    }

    private func firstDeadline(_ counts: (Instant) -> Bool) -> Instant? {
        var first: Instant?
        func consider(_ deadline: Instant) {
            if counts(deadline) { first = first.map { min($0, deadline) } ?? deadline }
        }
        for key in self.keys.values {
            switch key.current?.state {
            case .offered(let deadline): consider(deadline)
            case .taken: consider(key.freeAt)
            case .open(let since): consider(since + self.timing.unknownOutcome)
            case .committing: break
            case nil: consider(key.freeAt - self.timing.offerLead)
            }
        }
        for deadline in self.notBefore.values { consider(deadline) }
        if let until = self.breakerOpenUntil { consider(until) }
        if let from = self.nextConcurrency?.from { consider(from) }
        return first
    }

    /// Seconds until a permit could be granted to each waiter, were nothing in the way: for the status only.
    package func estimates(for waiting: [IdentifyHolder], at now: Instant) -> [(holder: IdentifyHolder, key: Int, wait: Duration)] {
        guard let concurrency else { return [] }
        var next: [Int: Instant] = [:]
        return waiting.sorted { $0.shard < $1.shard }.map { holder in
            let number = holder.shard.rateLimitKey(maxConcurrency: concurrency)
            let free = max(next[number] ?? self.freeAt(number, now), now)
            next[number] = free + self.timing.identifySpacing
            return (holder, number, free - now)
        }
    }

    private func freeAt(_ number: Int, _ now: Instant) -> Instant {
        guard let key = self.keys[number] else { return now }
        return key.current == nil ? key.freeAt : max(key.freeAt, now) + self.timing.identifySpacing
    }

    private func key(of permit: PermitID) -> Int? {
        self.keys.first { $0.value.current?.permit == permit }?.key
    }

    private mutating func commitIfFree(_ number: Int, at now: Instant) -> [Step] {
        guard let key = self.keys[number], let current = key.current, case .taken(let takenAt) = current.state else { return [] }
        // A stamp that would be too old on arrival is not worth a permit: the shard is offered the key anew.
        guard max(now, key.freeAt) < takenAt + self.timing.permitValidity * 3 / 4 else {
            self.withdraw(number, at: now)
            return []
        }
        guard now >= key.freeAt else { return [] }
        self.keys[number]!.current!.state = .committing(since: now)
        self.keys[number]!.restored = nil
        return [.commit(current.permit, rateLimitKey: number, current.holder)]
    }

    private mutating func withdraw(_ number: Int, at now: Instant) {
        guard let current = self.keys[number]!.current else { return }
        self.notBefore[current.holder] = now + .seconds(1)
        self.keys[number]!.current = nil
    }

    private mutating func resolve(_ number: Int, freeAt: Instant) {
        self.keys[number]!.current = nil
        self.keys[number]!.freeAt = max(self.keys[number]!.freeAt, freeAt)
    }

    private mutating func adoptConcurrency(at now: Instant) {
        guard let next = self.nextConcurrency else { return }
        for number in self.keys.keys.sorted() {
            switch self.keys[number]!.current?.state {
            case .offered, .taken: self.withdraw(number, at: now)
            case .committing, .open, nil: break
            }
        }
        guard self.open == 0 else { return }
        let from = next.from ?? max(self.keys.values.map(\.freeAt).max() ?? now, now)
        guard now >= from else {
            self.nextConcurrency!.from = from
            return
        }
        self.concurrency = next.value
        self.nextConcurrency = nil
        self.keys = [:]
    }
}
