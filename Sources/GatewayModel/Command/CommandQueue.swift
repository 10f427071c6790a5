/// Decides when one shard's commands go out: in order, while the shard is live, within Discord's limits, before their deadlines or not at all.
///
/// It outlives connections and sessions: what waits goes out on the next one. Each payload of a connection is told here, since all count.
/// Sources: gateway-protocol.md 14; Discord docs, Gateway › Rate Limiting.
package struct CommandQueue: Sendable {
    package let limits: CommandLimits
    /// When `timePassed` is wanted next; may be past. `nil`: only inputs matter.
    package private(set) var deadline: Instant?

    /// - Parameter presence: What IDENTIFY says until another is sent.
    package init(limits: CommandLimits = CommandLimits(), presence: Presence? = nil) {
        self.limits = limits
        self.applied = presence
    }

    /// What the bot is to be seen as: the latest presence that was sent, that waits, or that is retained.
    package var presence: Presence? {
        for entry in [self.writing, self.waitingPresence.map({ self.waiting[$0] })] {
            if case .updatePresence(let presence)? = entry?.command { return presence }
        }
        return self.applied
    }

    /// Commands that have no result yet.
    package var count: Int { self.waiting.count + (self.writing == nil ? 0 : 1) }

    // MARK: Connections

    /// A WebSocket is open: a fresh allowance of payloads.
    package mutating func connectionOpened(at now: Instant) {
        self.isLive = false
        self.retryAt = nil
        self.commands.removeAll()
        self.others.removeAll()
        self.refresh(at: now)
    }

    /// - Parameter interval: HELLO's.
    package mutating func helloReceived(interval: Duration) {
        self.beats = CommandLimits.beats(interval: interval)
    }

    /// A heartbeat or RESUME was written.
    package mutating func noteSent(at now: Instant) {
        self.others.append(now)
        self.refresh(at: now)
    }

    /// IDENTIFY was written, with `presence` as it was just before: one that waited is sent by that.
    package mutating func identifySent(at now: Instant) -> [CommandEffect] {
        self.others.append(now)
        var effects: [CommandEffect] = []
        if let index = self.waitingPresence, case .updatePresence(let presence) = self.waiting[index].command {
            self.applied = presence
            effects.append(.sent(self.waiting.remove(at: index).id))
        }
        self.refresh(at: now)
        return effects
    }

    /// READY or RESUMED came.
    package mutating func becameLive(at now: Instant) -> [CommandEffect] {
        self.isLive = true
        return self.timePassed(to: now)
    }

    /// The connection is gone, or is being left: nothing is sent before `becameLive`.
    package mutating func connectionEnded(at now: Instant) {
        self.isLive = false
        self.retryAt = nil
        self.refresh(at: now)
    }

    /// The shard ended. Whatever waits fails, and so does whatever comes.
    package mutating func end() -> [CommandEffect] {
        let effects = self.waiting.map { CommandEffect.fail($0.id, .notConnected) }
        self.waiting = []
        self.isLive = false
        self.hasEnded = true
        self.deadline = nil
        return effects
    }

    // MARK: Commands

    /// - Parameters:
    ///   - command: Passed `GatewayCommand.check`.
    ///   - encodedBytes: Of the whole payload, as it will be written.
    ///   - deadline: The command is not sent then or later; one that is past already is sent now or never.
    ///   - isRetained: Of a presence: where it does not get out in time, later sessions begin with it all the same, and one that waits gives way to it.
    package mutating func enqueue(
        _ id: CommandID, _ command: GatewayCommand, encodedBytes: Int, deadline: Instant, isRetained: Bool = false, at now: Instant
    ) -> [CommandEffect] {
        guard !self.hasEnded else { return [.fail(id, .notConnected)] }
        let entry = Entry(id: id, command: command, deadline: deadline)
        let maxBytes = entry.isPresence ? CommandLimits.maxPresenceBytes : CommandLimits.maxPayloadBytes
        guard encodedBytes <= maxBytes else { return [.fail(id, .tooLarge(bytes: encodedBytes, limit: maxBytes))] }
        if isRetained, case .updatePresence(let presence) = command {
            self.applied = presence
            if let index = self.waitingPresence { self.waiting[index].command = command }
        }
        self.forget(at: now)
        let replaced = entry.isPresence ? self.waitingPresence : nil
        guard replaced != nil || self.count < self.limits.maxQueued else { return [.fail(id, .queueFull(limit: self.limits.maxQueued))] }
        if self.isLive {
            let due = self.due(entry, behind: replaced ?? self.waiting.count, at: now)
            guard due <= now || due < deadline else { return [.fail(id, .rateLimited(retryAfter: due - now))] }
        }
        var effects: [CommandEffect] = []
        if let replaced {
            // In its place, or a presence that changes often would never leave a busy queue.
            effects.append(.superseded(self.waiting[replaced].id))
            self.waiting[replaced] = entry
        } else {
            self.waiting.append(entry)
        }
        self.sendNext(at: now, &effects)
        self.expire(at: now, &effects)
        self.refresh(at: now)
        return effects
    }

    /// Answers `send`.
    package mutating func written(_ id: CommandID, at now: Instant) -> [CommandEffect] {
        guard let entry = self.writing, entry.id == id else { preconditionFailure("\(id) was written, not \(String(describing: self.writing?.id))") }
        self.writing = nil
        self.commands.append(now)
        if entry.isPresence { self.presences.append(now) }
        if case .updatePresence(let presence) = entry.command { self.applied = presence }
        return [.sent(id)] + self.timePassed(to: now)
    }

    /// Answers `send`: nothing of it left. It is the next to go, once the connection takes something again.
    package mutating func writeFailed(_ id: CommandID, at now: Instant) -> [CommandEffect] {
        guard let entry = self.writing, entry.id == id else { preconditionFailure("\(id) was not written, not \(String(describing: self.writing?.id))") }
        self.writing = nil
        guard !self.hasEnded else { return [.fail(id, .notConnected)] }
        if entry.isPresence, self.waitingPresence != nil { return [.superseded(id)] + self.timePassed(to: now) }
        self.waiting.insert(entry, at: 0)
        self.retryAt = now + CommandLimits.writeRetry
        return self.timePassed(to: now)
    }

    /// Takes back what still waits; otherwise it has its result, or gets it by the answer to `send`.
    package mutating func cancel(_ id: CommandID, at now: Instant) -> [CommandEffect] {
        guard let index = self.waiting.firstIndex(where: { $0.id == id }) else { return [] }
        self.waiting.remove(at: index)
        return [.fail(id, .cancelled)] + self.timePassed(to: now)
    }

    package mutating func timePassed(to now: Instant) -> [CommandEffect] {
        var effects: [CommandEffect] = []
        self.forget(at: now)
        self.expire(at: now, &effects)
        self.sendNext(at: now, &effects)
        self.refresh(at: now)
        return effects
    }

    // MARK: State

    /// In the order in which they came. At most one presence.
    private var waiting: [Entry] = []
    /// `send` is not answered yet.
    private var writing: Entry?
    private var applied: Presence?
    private var isLive = false
    private var hasEnded = false
    /// The connection took nothing: not before then.
    private var retryAt: Instant?
    private var beats = CommandLimits.beats(interval: .milliseconds(41_250))
    private var commands = SendLog(window: CommandLimits.window)
    private var others = SendLog(window: CommandLimits.window)
    /// Whether a reconnect forgets it is not documented, so it does not.
    private var presences = SendLog(window: CommandLimits.presenceWindow)

    private struct Entry: Sendable {
        let id: CommandID
        var command: GatewayCommand
        let deadline: Instant

        var isPresence: Bool { self.command.op == GatewayOpcode.presenceUpdate.rawValue }
    }

    private var waitingPresence: Int? { self.waiting.firstIndex(where: \.isPresence) }

    private var allowance: Int { CommandLimits.commands(beats: self.beats, others: self.others.times.count) }

    private mutating func forget(at now: Instant) {
        self.commands.forget(at: now)
        self.others.forget(at: now)
        self.presences.forget(at: now)
    }

    private mutating func sendNext(at now: Instant, _ effects: inout [CommandEffect]) {
        if let retryAt = self.retryAt, retryAt <= now { self.retryAt = nil }
        guard self.isLive, self.writing == nil, self.retryAt == nil, self.slot(0, at: now) <= now else { return }
        let mayShow = self.presenceSlot(at: now) <= now
        guard let index = self.waiting.firstIndex(where: { mayShow || !$0.isPresence }) else { return }
        let entry = self.waiting.remove(at: index)
        self.writing = entry
        effects.append(.send(entry.id, entry.command))
    }

    private mutating func expire(at now: Instant, _ effects: inout [CommandEffect]) {
        guard self.waiting.contains(where: { $0.deadline <= now }) else { return }
        for (index, entry) in self.waiting.enumerated() where entry.deadline <= now {
            guard self.isLive, self.retryAt == nil else {
                effects.append(.fail(entry.id, .notConnected))
                continue
            }
            effects.append(.fail(entry.id, .rateLimited(retryAfter: self.due(entry, behind: index, at: now) - now)))
        }
        self.waiting.removeAll { $0.deadline <= now }
    }

    private mutating func refresh(at now: Instant) {
        guard !self.waiting.isEmpty else {
            self.deadline = nil
            return
        }
        var next = self.waiting.reduce(self.waiting[0].deadline) { min($0, $1.deadline) }
        if self.isLive, self.writing == nil {
            var due = self.slot(0, at: now)
            // Where heartbeats took some of the allowance, it also grows when they leave the window.
            if due > now, let oldest = self.others.times.first { due = min(due, oldest + self.others.window) }
            if self.waiting.allSatisfy(\.isPresence) { due = max(due, self.presenceSlot(at: now)) }
            if let retryAt = self.retryAt { due = max(due, retryAt) }
            next = min(next, due)
        }
        self.deadline = next
    }

    /// When this entry may go, with `index` entries before it.
    private func due(_ entry: Entry, behind index: Int, at now: Instant) -> Instant {
        let presenceSlot = self.presenceSlot(at: now)
        if entry.isPresence { return max(presenceSlot, self.slot(index, at: now)) }
        // A presence that is held back takes no slot yet.
        let held = self.waitingPresence.map { $0 < index && presenceSlot > now } == true ? 1 : 0
        return self.slot(index - held, at: now)
    }

    /// When the next command may go, with `ahead` of them to go first, and the one that is being written.
    private func slot(_ ahead: Int, at now: Instant) -> Instant {
        let sent = self.commands.times
        let gone = sent.count + (self.writing == nil ? 0 : 1)
        let mustLeave = gone + ahead - self.allowance
        if mustLeave < 0 { return now }
        if mustLeave < sent.count { return max(now, sent[mustLeave] + self.commands.window) }
        // What must leave the window is yet to go itself.
        return (mustLeave < gone ? now : self.slot(mustLeave - gone, at: now)) + self.commands.window
    }

    private func presenceSlot(at now: Instant) -> Instant {
        let mustLeave = self.presences.times.count - CommandLimits.presences
        return mustLeave < 0 ? now : max(now, self.presences.times[mustLeave] + self.presences.window)
    }
}
