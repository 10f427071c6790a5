import ClusterModel
import GatewayModel
import SimulatedGateway

/// After the troubles: everything is whole again, and the liveness bounds hold for each seed.
struct Healing {
    enum Stage {
        /// L4: everything is live within 30 s and the pacing.
        case recovering
        /// Nothing but time: one-way delays and sinks settle before a probe.
        case settling(until: Int64, then: Probe)
        case probing(Probe)
        case fatal
        /// Publishing ended; queues run dry.
        case draining
        case done
    }

    enum Probe: Int, CaseIterable {
        /// L1: killed, and started at once.
        case restart
        /// L1: a goodbye.
        case goodbye
        /// L2: a host goes silently.
        case hostLost
        /// The coordinator is killed and comes back: nobody notices.
        case coordinatorRestart
    }

    var stage = Stage.recovering
    var since: Int64
    var probesDone = 0
    var identifiesBefore = 0
    var shards: [ShardKey] = []
    var connectionsBefore = 0
    var movesBefore = 0
    var generation: Generation?
}

extension World {
    func heal() {
        self.troublesAreOver = true
        self.dropNextDispatch = false
        self.wantsConcurrencyChange = false
        self.refusals = 0
        self.killsAtNextCommit = false
        self.note("HEALING: \(self.plan.fatalCode.map { "close \($0) first" } ?? "everything is whole again")")
        self.delay = min(self.delay, 40 * millisecond)
        for host in self.hosts.indices {
            self.hosts[host].diesGreeting = false
            self.healControl(host: host)
            self.healGateway(host: host)
        }
        self.hurry()
        for ending in [Ending.controlSlow, .gatewaySlow, .dialRefused, .store, .info, .sink] { self.end(ending) }
        for link in self.links where link.coordinatorThinksOpen { self.end(.closeHalfOpen(link: link.id)) }
        for process in self.processes where process.isAlive && process.isFrozen { self.end(.thawWorker(process.id)) }
        for run in self.coordinators where run.isAlive && run.isFrozen { self.end(.thawCoordinator(run.id)) }
        if self.coordinator == nil { self.startCoordinator() }
        // A core that suffices: hosts that are gone come back only where the others cannot hold every shard.
        let shards = self.store.active.flatMap { active in self.store.generations.first { $0.generation == active }?.numShards } ?? self.plan.shards
        var capacity = self.hosts.filter { !$0.isGone }.count * self.plan.capacity
        for host in self.hosts.indices where self.hosts[host].isGone && capacity < shards {
            self.hosts[host].isGone = false
            capacity += self.plan.capacity
        }
        for host in self.hosts.indices { self.startWorker(on: host) }
        self.account.identifiesByKey = [:]
        self.account.unknownsByKey = [:]
        for permit in self.store.openPermits.values.compactMap({ $0 }) {
            if let key = self.store.permits[permit]?.record.rateLimitKey { self.account.unknownsByKey[key, default: 0] += 1 }
        }
        self.healing = Healing(since: self.time)
        if self.plan.fatalCode != nil { self.healing?.stage = .fatal }
        self.after(50 * millisecond, .judge)
    }

    /// What is still under way from before arrives within the delays of a healthy network.
    private func hurry() {
        for link in self.links {
            for at in link.up.hurry(at: self.time, delay: self.hop()) { self.queue.schedule(.controlUp(link.id), at: at) }
            for at in link.down.hurry(at: self.time, delay: self.hop()) { self.queue.schedule(.controlDown(link.id), at: at) }
        }
        for connection in self.connections {
            for at in connection.up.hurry(at: self.time, delay: self.hop()) { self.queue.schedule(.toGateway(connection.id), at: at) }
            for at in connection.down.hurry(at: self.time, delay: self.hop()) { self.queue.schedule(.fromGateway(connection.id), at: at) }
        }
    }

    /// Looks each 50 ms whether the stage's aim is reached, or its bound passed.
    func judge() {
        guard var healing = self.healing else { return }
        defer {
            if case .done = healing.stage {} else { self.after(50 * millisecond, .judge) }
            self.healing = healing
        }
        let elapsed = self.time - healing.since
        switch healing.stage {
        case .recovering:
            if self.isEverythingLive {
                self.note("everything is live, \(elapsed / millisecond) ms after the healing")
                healing.stage = .settling(until: self.time + 3 * second, then: .restart)
            } else if let why = self.blockedForGood {
                self.note("not everything can be live: \(why)")
                healing.stage = .draining
                healing.since = self.time
            } else if elapsed > self.recoveryBound {
                self.fail(.l4, "\(self.notLive) after \(elapsed / second) s, bound \(self.recoveryBound / second) s")
            }
        case .settling(let until, let probe):
            // A leader that began while Discord's REST was away may still be waiting to ask again: it cannot place anything before.
            // Nor does it know at once that a host went silently just before the healing.
            guard self.time >= until, let run = self.coordinator, !self.believesInTheDead(run),
                run.machine.status(at: run.clock.local(self.time)).gateway.info != nil
            else { return }
            self.begin(probe, &healing)
        case .probing(let probe):
            self.judge(probe, elapsed: elapsed, &healing)
        case .fatal:
            self.judgeFatal(elapsed: elapsed, &healing)
        case .draining:
            if self.publishes {
                self.publishes = false
                // Whatever Discord left out shows with the next event.
                for guild in self.gateway.configuration.guilds { self.gatewayTakes(.publish(EventDraft(guild: guild))) }
            }
            if elapsed > 8 * second { healing.stage = .done }
        case .done: break
        }
    }

    /// 30 s and the identify pacing that the healing itself needed.
    private var recoveryBound: Int64 {
        let keys = Set(self.account.identifiesByKey.keys).union(self.account.unknownsByKey.keys)
        let round: Int64 = 5_500 * millisecond + self.plan.readyDelay
        var pacing: Int64 = 0
        for key in keys {
            let rounds = Int64(self.account.identifiesByKey[key] ?? 0) * round
            let unknowns = Int64(self.account.unknownsByKey[key] ?? 0) * 17 * second
            pacing = max(pacing, rounds + unknowns)
        }
        return 30 * second + pacing
    }

    var activeKeys: [ShardKey] {
        guard let active = self.store.active, let row = self.store.generations.first(where: { $0.generation == active }) else { return [] }
        return (0..<row.numShards).map { ShardKey(generation: active, shard: ShardID($0)) }
    }

    func isLive(_ key: ShardKey) -> Bool {
        self.account.running[key]?.contains { $0.session.phase == .live && $0.isStopping == nil } ?? false
    }

    var isEverythingLive: Bool {
        let keys = self.activeKeys
        return !keys.isEmpty && keys.allSatisfy { self.isLive($0) }
    }

    private var notLive: String {
        let missing = self.activeKeys.filter { !self.isLive($0) }
        return "not live: "
            + missing.prefix(6).map { key in
                let runs = self.account.running[key] ?? []
                return "\(key) (\(runs.isEmpty ? "nobody's" : runs.map { "worker \($0.process) \($0.session.phase)" }.joined(separator: ", ")))"
            }.joined(separator: ", ") + (self.activeKeys.isEmpty ? "no shard set" : "")
    }

    /// What no healing repairs: a budget at its floor, too little capacity.
    private var blockedForGood: String? {
        if self.gateway.tokenIsDead { return "the token is dead" }
        // The coordinator counts every doubt as spent, so it may reach the floor before Discord does.
        if let healing, self.time > healing.since + 20 * second, let run = self.coordinator {
            let budget = run.machine.status(at: run.clock.local(self.time)).budget
            if let available = budget.available, available < self.activeKeys.count {
                self.rare.saw(.budgetBlocked)
                return "the budget is near its floor, doubts included"
            }
        }
        let floor = max(self.gateway.configuration.identifyLimitTotal / 20, 20)
        if self.gateway.identifiesRemaining(at: self.gatewayNow) - floor <= self.activeKeys.count {
            self.rare.saw(.budgetBlocked)
            return "the budget is near its floor"
        }
        if let opened = self.account.breakerOpenedAt, self.time < opened + 310 * second { return "three IDENTIFYs were refused: none for 5 minutes" }
        let capacity = self.hosts.filter { $0.process != nil }.count * self.plan.capacity
        if capacity < self.activeKeys.count, !self.activeKeys.isEmpty, self.hosts.allSatisfy({ $0.process != nil || $0.isGone }) {
            return "too little capacity"
        }
        return nil
    }

    // MARK: Probes

    private func begin(_ probe: Healing.Probe, _ healing: inout Healing) {
        healing.since = self.time
        healing.identifiesBefore = self.account.identifies
        healing.stage = .probing(probe)
        let holders = self.hosts.compactMap { $0.process }.map { self.processes[$0] }.filter { process in process.runs.contains { !$0.isEnded } }
        guard self.isEverythingLive, let victim = holders.first else {
            self.next(after: probe, &healing)
            return
        }
        healing.shards = victim.runs.filter { !$0.isEnded }.map(\.lease.key)
        let others = self.hosts.filter { $0.process != nil && $0.process != victim.id }.count
        let fits = others * self.plan.capacity >= self.activeKeys.count
        // What the probe needs: sessions that are stored, or the resume cannot be.
        guard healing.shards.allSatisfy({ self.isResumable($0) }) else {
            self.next(after: probe, &healing)
            return
        }
        switch probe {
        case .restart:
            self.note("PROBE: worker \(victim.id) is killed and started at once")
            self.endWorker(victim, silently: false)
            // The kernel's FINs are under way before a new process can dial.
            self.after(60 * millisecond, .startWorker(host: victim.host))
        case .goodbye:
            guard fits else { return self.next(after: probe, &healing) }
            self.note("PROBE: worker \(victim.id) is terminated")
            self.restartsEnabled = false
            self.feed(victim, .stopRequested(returning: false))
        case .hostLost:
            // Refused while the old connection is attached: no bound can hold.
            guard fits, !self.plan.refusesResumeWhileAttached, self.replayLasts(15) else { return self.next(after: probe, &healing) }
            self.note("PROBE: the host of worker \(victim.id) is lost")
            self.hosts[victim.host].isGone = true
            self.endWorker(victim, silently: true)
        case .coordinatorRestart:
            guard let run = self.coordinator, self.plan.isolation == .hold else { return self.next(after: probe, &healing) }
            self.note("PROBE: the coordinator is killed for 20 s")
            healing.connectionsBefore = self.connections.count
            healing.movesBefore = self.account.moves
            self.endCoordinator(run, silently: false)
            self.after(20 * second, .startCoordinator)
        }
    }

    /// Whether Discord's replay buffer surely holds what comes in so many seconds.
    private func replayLasts(_ seconds: Double) -> Bool {
        let perShard = self.plan.eventsPerSecond * Double(self.plan.shards) / Double(max(1, self.activeKeys.count))
        return perShard * seconds * 2 < Double(self.plan.replayBuffer)
    }

    private func believesInTheDead(_ run: CoordinatorProcess) -> Bool {
        self.links.contains { $0.run == run.id && $0.coordinatorOpen && !self.processes[$0.process].isAlive }
    }

    /// Stored, and not forgotten by Discord without a word.
    private func isResumable(_ key: ShardKey) -> Bool {
        guard let session = self.store.shards[key]?.session else { return false }
        return self.gateway.connection(ofSession: session.sessionID) != nil
    }

    private func judge(_ probe: Healing.Probe, elapsed: Int64, _ healing: inout Healing) {
        let isDone = healing.shards.allSatisfy { self.isLive($0) }
        let identified = self.account.identifies - healing.identifiesBefore
        switch probe {
        case .restart:
            if identified > 0 { self.fail(.l1, "a restart cost \(identified) IDENTIFYs") }
            if elapsed > 100 * millisecond, isDone { return self.next(after: probe, &healing) }
            if elapsed > 2 * second { self.fail(.l1, "\(self.notLive), 2 s after a restart") }
        case .goodbye:
            if identified > 0 { self.fail(.l1, "a goodbye cost \(identified) IDENTIFYs") }
            if elapsed > 100 * millisecond, isDone { return self.next(after: probe, &healing) }
            if elapsed > second + 300 * millisecond { self.fail(.l1, "\(self.notLive), 1.3 s after SIGTERM") }
        case .hostLost:
            if identified > 0 { self.fail(.l2, "a lost host cost \(identified) IDENTIFYs") }
            if elapsed > second, isDone { return self.next(after: probe, &healing) }
            if elapsed > 14 * second { self.fail(.l2, "\(self.notLive), 14 s after a host was lost") }
        case .coordinatorRestart:
            if identified > 0 { self.fail(.standingStill, "a coordinator restart cost \(identified) IDENTIFYs") }
            // A hole may show only now, and costs its connection.
            // So may a planned move, towards a worker that came late.
            if self.connections.count > healing.connectionsBefore, !self.plan.troubles.contains(.sequenceHole), self.account.moves == healing.movesBefore {
                self.fail(.standingStill, "a coordinator restart cost a connection")
            }
            if elapsed > 26 * second { self.next(after: probe, &healing) }
        }
    }

    private func next(after probe: Healing.Probe, _ healing: inout Healing) {
        healing.probesDone += 1
        healing.since = self.time
        if let next = Healing.Probe(rawValue: probe.rawValue + 1), self.time < self.plan.length - 60 * second {
            healing.stage = .settling(until: self.time + 3 * second, then: next)
        } else {
            healing.stage = .draining
        }
    }

    // MARK: S15

    private func judgeFatal(elapsed: Int64, _ healing: inout Healing) {
        guard let code = self.plan.fatalCode else { return }
        if !self.fatalInjected {
            // A close that crosses with a revoke is nobody's business: first the dust settles.
            guard self.isEverythingLive, elapsed > 15 * second, self.account.contested.isEmpty else {
                if elapsed > self.recoveryBound { healing.stage = .recovering }
                return
            }
            guard let connection = self.activeKeys.lazy.compactMap({ self.currentRun(of: $0)?.connection }).first else { return }
            self.fatalInjected = true
            healing.since = self.time
            if code == 4004 {
                self.gatewayTakes(.inject(.killToken))
            } else {
                self.gatewayTakes(.inject(.close(.connection(self.connections[connection].gatewayID), code: code)))
            }
            self.note("Discord closes with \(code)")
            self.rare.saw(code == 4010 || code == 4011 ? .shardSetStopped : .applicationStopped)
            if code != 4010, code != 4011 { self.account.applicationStoppedAt = self.time }
            healing.identifiesBefore = self.account.identifies
            healing.generation = self.store.active
            return
        }
        switch code {
        case 4010, 4011:
            // The shard itself stays down, unless 4011 re-shards an automatic count.
            if code == 4010 || !self.plan.countIsAutomatic, self.account.identifies > healing.identifiesBefore, elapsed > 10 * second {
                let key = self.activeKeys.first
                if let key, key.generation == healing.generation, self.account.running[key]?.contains(where: { $0.session.phase == .live }) ?? false {
                    self.fail(.s15, "shard 0 is live again after \(code)")
                }
            }
        default:
            if elapsed > 15 * second, let run = self.runs.first(where: { !$0.isEnded && $0.session.phase == .live }) {
                self.fail(.s15, "\(run.lease) is live \(elapsed / second) s after \(code)")
            }
        }
        if elapsed > 40 * second { healing.stage = .done }
    }

    /// Of the newest assignment, in a process that the coordinator hears: what an outcast meets concerns nobody.
    func currentRun(of key: ShardKey) -> ShardRun? {
        self.account.running[key]?.first {
            $0.session.phase == .live && $0.lease.epoch == self.store.shards[key]?.epoch && self.processes[$0.process].link != nil
        }
    }

    // MARK: The end

    func judgeAtEnd() {
        guard let healing = self.healing, case .done = healing.stage, self.plan.fatalCode == nil else { return }
        self.judgeCommands(healedAt: self.plan.troublesEnd)
        var due: [SessionKey: Int64] = [:]
        for line in self.gateway.ledger.lines(after: 0, limit: .max) {
            guard line.status == .due, let session = line.session, let sequence = line.sequence else { continue }
            due[session] = max(due[session] ?? 0, sequence)
        }
        for key in due.keys.sorted() {
            guard let last = due[key], let index = self.account.session(of: key) else { continue }
            let session = self.account[session: index]
            guard let shard = session.shard, session.accepted < last else { continue }
            // A retired shard set: the new one's first lines say that the old streams ended.
            guard shard.generation == self.store.active else { continue }
            guard !session.gaps.contains(where: { $0 <= session.accepted }), !self.isCovered(session, on: shard) else { continue }
            // Left out by Discord, and nothing came after it that would show it.
            if session.wasLeftOut, self.gateway.status(of: key) == nil { continue }
            guard session.wasStored else {
                self.rare.saw(.sessionLostBeforeStored)
                continue
            }
            // Still alive and not resumed by anybody who could be: only where its shard could not come back.
            if self.store.shards[shard]?.session?.sessionID == session.id, !self.isLive(shard) { continue }
            self.fail(.s10, "\(session.id) of shard \(shard) owes \(session.accepted + 1)...\(last), and no gap is declared")
        }
    }
}
