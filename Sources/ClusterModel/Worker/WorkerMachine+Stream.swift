import GatewayModel

// The control stream: hello, acks, what the coordinator tells.
extension WorkerMachine {
    mutating func connected(at now: Instant, _ effects: inout [WorkerEffect]) {
        guard self.link == .connecting else {
            effects.append(.disconnect)
            return
        }
        self.link = .greeting(stamp: now)
        let commands = self.commandReports(at: now)
        effects.append(
            .send(
                .hello(
                    WorkerHello(
                        protocolVersion: controlProtocolVersion, stableID: self.configuration.stableID, incarnation: self.incarnation,
                        capacity: self.configuration.capacity, highestCoordinatorEpoch: self.highestEpoch, held: self.reports, commands: commands,
                        stamp: now))))
    }

    mutating func disconnected(
        reason: String, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [WorkerEffect]
    ) {
        guard self.link != .ended else { return }
        if self.link == .joined { effects.append(.note(ClusterNote(.warning, "Control stream lost", detail: reason))) }
        self.link = .idle(until: now + self.backoff(using: &random))
        self.reconnects += 1
        self.dropQueuedAssignments()
    }

    /// What was told on a stream and not begun ends with it: the coordinator takes what the next hello does not report for not held.
    mutating func dropQueuedAssignments() {
        for key in self.heldKeys { self.held[key]!.next = nil }
    }

    /// 0.1 s, doubling to 2 s, each with full jitter above its half.
    func backoff(using random: inout some RandomNumberGenerator) -> Duration {
        let ceiling = Double(min(2_000, 100 << min(self.reconnects, 5)))
        return .milliseconds(Int64(Double.random(in: ceiling / 2...ceiling, using: &random)))
    }

    mutating func received(_ envelope: CoordinatorEnvelope, at now: Instant, _ effects: inout [WorkerEffect]) {
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
        case .welcome(let stamp, let isolation, let dialsPerSecond):
            guard self.link == .greeting(stamp: stamp) else { return }
            self.dialsPerSecond = max(1, dialsPerSecond)
            self.link = .joined
            self.reconnects = 0
            self.renewed(from: stamp, isolation: isolation)
            self.nextRenewal = now  // at once: it proves to the coordinator that this process lives, which its hello does not
            effects += self.unsent.map { .send($0) }
            self.unsent = []
            self.commandsHeard(through: stamp)
            self.tellEndedCommands(at: now, &effects)
            for key in self.heldKeys {
                guard let code = self.held[key]!.fatalCode else { continue }
                effects.append(.send(.failed(self.held[key]!.lease, code: code)))
            }
        case .refused(let reason):
            self.link = .ended
            effects.append(.exit(.refused(reason)))
        case .ack(let stamp, let isolation, let dialsPerSecond):
            self.renewed(from: stamp, isolation: isolation)
            self.dialsPerSecond = max(1, dialsPerSecond)
            self.commandsHeard(before: stamp)
        case .assign(let assignment):
            self.assigned(assignment, at: now, &effects)
        case .revoke(let lease, let mode):
            guard let shard = self.held[lease.key], shard.lease == lease else {
                if self.held[lease.key]?.next?.lease == lease { self.held[lease.key]!.next = nil }  // it waited for its turn, and never gets it
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
        case .presence(let lease, let planned):
            self.presenceTold(lease, planned, &effects)
        case .command(let ticket, let lease, let command, let limit):
            self.commandTold(ticket, lease, command, within: limit, at: now, &effects)
        case .stopApplication(let reason):
            effects.append(.note(ClusterNote(.error, "The application is stopped", detail: reason)))
            self.dropQueuedAssignments()
            for key in self.heldKeys { self.stop(key, .handOff, &effects) }
        }
    }

    mutating func renewed(from stamp: Instant, isolation: Isolation) {
        guard stamp >= self.incarnationSince else { return }
        self.leaseBase = max(self.leaseBase, stamp)
        self.isolation = isolation
    }

    mutating func assigned(_ assignment: Assignment, at now: Instant, _ effects: inout [WorkerEffect]) {
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

    mutating func start(_ assignment: Assignment, _ effects: inout [WorkerEffect]) {
        let key = assignment.lease.key
        let shard = Held(assignment: assignment, session: assignment.session, presence: HeldPresence(assignment))
        effects.append(.start(assignment))
        if let wanted = shard.presence.toShowFirst { effects.append(.show(shard.lease, wanted)) }
        self.held[key] = shard
        self.heldKeys.insert(key, at: self.heldKeys.firstIndex { key < $0 } ?? self.heldKeys.endIndex)
    }

    /// Committed by the coordinator: the shard may IDENTIFY, if its stamp is still young and the lease still valid.
    mutating func granted(_ permit: PermitID, at now: Instant, _ effects: inout [WorkerEffect]) {
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
    mutating func tell(_ message: WorkerMessage, _ effects: inout [WorkerEffect]) {
        if self.link == .joined {
            effects.append(.send(message))
        } else {
            self.unsent.append(message)
            if self.unsent.count > 4 * self.configuration.capacity + 64 { self.unsent.removeFirst() }
        }
    }
}
