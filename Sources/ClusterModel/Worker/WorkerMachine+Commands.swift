import GatewayModel

/// A command that this worker was told to send.
struct ToldCommand: Hashable, Sendable {
    var ticket: CommandTicket
    var lease: ShardLease
    /// `nil`: it is with its shard.
    var outcome: ForwardOutcome?
    /// The stamp since which the coordinator has it from the present stream, as far as we know; `nil`: it was not told yet.
    var saidAt: Instant?
}

// Commands and presences: given to their shards, and what became of them told until it was heard.
extension WorkerMachine {
    mutating func commandTold(
        _ ticket: CommandTicket, _ lease: ShardLease, _ command: GatewayCommand, within limit: Duration, at now: Instant, _ effects: inout [WorkerEffect]
    ) {
        guard !self.commands.contains(where: { $0.ticket == ticket }) else { return }
        guard self.commands.count < Self.maximumCommands else {
            effects.append(.send(.commandEnded(ticket, .queueFull(limit: Self.maximumCommands))))  // unheard, it counts as never told, which is as true
            return
        }
        // One that was told behind a refused one must not overtake it: until the coordinator has heard of that, all are refused.
        let follows = self.commands.contains { $0.lease == lease && $0.outcome == .notHeld }
        self.commands.append(ToldCommand(ticket: ticket, lease: lease))
        guard !follows, self.stopping == nil, let shard = self.held[lease.key], shard.lease == lease, shard.stop == nil, shard.phase != .failed else {
            self.commandEnded(ticket, .notHeld, at: now, &effects)
            return
        }
        effects.append(.command(ticket, lease, command, within: limit))
    }

    mutating func commandEnded(_ ticket: CommandTicket, _ outcome: ForwardOutcome, at now: Instant, _ effects: inout [WorkerEffect]) {
        guard let index = self.commands.firstIndex(where: { $0.ticket == ticket }), self.commands[index].outcome == nil else { return }
        self.commands[index].outcome = outcome
        guard self.link == .joined else { return }
        self.commands[index].saidAt = now
        effects.append(.send(.commandEnded(ticket, outcome)))
    }

    /// All that a coordinator may have open, and as many whose end it has not confirmed.
    private static let maximumCommands = 2 * CommandBounds.total

    var everyCommandEnded: Bool { self.commands.allSatisfy { $0.outcome != nil } }

    /// For a hello: it says everything.
    mutating func commandReports(at now: Instant) -> [CommandReport] {
        for index in self.commands.indices { self.commands[index].saidAt = self.commands[index].outcome == nil ? nil : now }
        return self.commands.map { CommandReport(ticket: $0.ticket, outcome: $0.outcome) }
    }

    /// What ended between hello and welcome.
    mutating func tellEndedCommands(at now: Instant, _ effects: inout [WorkerEffect]) {
        for index in self.commands.indices where self.commands[index].saidAt == nil {
            guard let outcome = self.commands[index].outcome else { continue }
            self.commands[index].saidAt = now
            effects.append(.send(.commandEnded(self.commands[index].ticket, outcome)))
        }
    }

    /// A hello with this stamp was answered: the coordinator knows what it said.
    mutating func commandsHeard(through stamp: Instant) {
        self.commands.removeAll { $0.saidAt.map { $0 <= stamp } ?? false }
    }

    /// A renewal with this stamp was answered, and the stream keeps its order: what was said before it was heard.
    mutating func commandsHeard(before stamp: Instant) {
        self.commands.removeAll { $0.saidAt.map { $0 < stamp } ?? false }
    }

    // MARK: Presences

    mutating func presenceTold(_ lease: ShardLease, _ planned: PlannedPresence, _ effects: inout [WorkerEffect]) {
        // Of a lease that ended or ends: its next holder gets it with the assignment.
        guard var shard = self.held[lease.key], shard.lease == lease, shard.stop == nil, let wanted = shard.presence.told(planned) else { return }
        self.held[lease.key] = shard
        effects.append(.show(lease, wanted))
    }

    mutating func presenceEnded(
        _ lease: ShardLease, _ revision: PresenceRevision, isShown: Bool, at now: Instant, _ effects: inout [WorkerEffect]
    ) {
        guard var shard = self.held[lease.key], shard.lease == lease else { return }
        let isNews = shard.presence.ended(revision, isShown: isShown, at: now)
        self.held[lease.key] = shard
        if isNews { self.report(shard, &effects) }
    }

    mutating func showAgain(_ shard: Held, at now: Instant, _ effects: inout [WorkerEffect]) {
        var shard = shard
        guard let wanted = shard.presence.resumed() else { return }
        self.held[shard.lease.key] = shard
        effects.append(.show(shard.lease, wanted))
    }

    mutating func forgetOldPresences(at now: Instant) {
        for key in self.heldKeys { self.held[key]!.presence.timePassed(to: now) }
    }
}
