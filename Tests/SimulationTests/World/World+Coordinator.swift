import ClusterModel
import GatewayModel
import SimulatedGateway

/// The coordinator's shell: it performs what the machine answers, and decides nothing.
extension World {
    func startCoordinator() {
        guard self.coordinator == nil else { return }
        guard !self.storeAway else {
            self.after(second, .startCoordinator)
            return
        }
        let epoch = self.mutant == .coordinatorEpochStays && self.store.epoch.rawValue > 0 ? self.store.epoch : self.store.campaign()
        if let highest = self.account.highestCoordinatorEpoch, epoch <= highest {
            self.fail(.s4, "coordinator epoch \(epoch) after \(highest)")
        }
        self.account.highestCoordinatorEpoch = epoch
        let stored = self.store.load(at: self.time)
        let clock = self.newClock()
        var configuration = ClusterConfiguration(
            application: ApplicationID(rawValue: "app"), token: Secret("token"), intents: Intents.guilds | Intents.guildMessages,
            shards: self.plan.countIsAutomatic ? .auto : .fixed(self.plan.shards), isolation: self.plan.isolation)
        configuration.timing = self.timing
        let machine = ClusterMachine(configuration, restoring: stored, epoch: epoch, at: clock.local(self.time))
        let run = CoordinatorProcess(id: self.coordinators.count, clock: clock, epoch: epoch, machine: machine)
        self.coordinators.append(run)
        self.coordinator = run
        if stored.keys.contains(where: { $0.openPermit != nil }) { self.rare.saw(.takeoverWithOpenPermit) }
        if self.coordinators.count > 1, self.runs.contains(where: { !$0.isEnded && $0.session.phase == .live }) {
            self.rare.saw(.coordinatorRestartedWithLiveShards)
        }
        self.note("coordinator \(run.id) leads with epoch \(epoch)")
        self.arm(run)
        self.after(second, .coordinator(run.id, .beat))
    }

    /// The timers in force: production's, or a mutant's.
    var timing: Timing {
        var timing = Timing()
        switch self.mutant {
        case .coordinatorLeaseEqualsWorkerLease: timing.coordinatorLease = timing.workerLease
        case .unknownOutcomeAfterFiveSeconds: timing.unknownOutcome = .milliseconds(5_100)
        case .identifySpacingFourSeconds: timing.identifySpacing = .seconds(4)
        case .permitValidForAMinute: timing.permitValidity = .seconds(60)
        default: break
        }
        return timing
    }

    func newClock() -> NodeClock {
        NodeClock(
            start: self.time, origin: self.processDice.integer(0...1_000_000) * second,
            drift: self.processDice.integer(-self.plan.driftPartsPerMillion...self.plan.driftPartsPerMillion))
    }

    func handle(_ event: ForCoordinator, of run: CoordinatorProcess) {
        switch event {
        case .tick:
            guard self.time >= run.tickAt else { return }
            run.tickAt = .max
            if let deadline = run.machine.deadline, deadline <= run.clock.local(self.time) {
                if run.lastTick == self.time { run.sameMomentTicks += 1 } else { run.sameMomentTicks = 0 }
                run.lastTick = self.time
                if run.sameMomentTicks > 100 { self.fail(.spins, "the coordinator's deadline stays at \(deadline)") }
                self.feed(run, .tick)
            } else {
                self.arm(run)
            }
        case .input(let input):
            self.feed(run, input)
        case .beat:
            // A beat finds out that another one leads; here there is never another one.
            self.after(second, .coordinator(run.id, .beat))
        }
    }

    func feed(_ run: CoordinatorProcess, _ input: ClusterInput) {
        guard run.isAlive else { return }
        if case .tick = input {} else { self.note("coordinator \(run.id) <- \(brief(input))") }
        let effects = run.machine.handle(input, at: run.clock.local(self.time))
        for effect in effects { self.perform(effect, of: run) }
        if run.isAlive { self.arm(run) }
    }

    func arm(_ run: CoordinatorProcess) {
        guard let deadline = run.machine.deadline else { return }
        let at = max(self.time, run.clock.time(deadline))
        guard at < run.tickAt else { return }
        run.tickAt = at
        self.queue.schedule(.coordinator(run.id, .tick), at: at)
    }

    private func perform(_ effect: ClusterEffect, of run: CoordinatorProcess) {
        switch effect {
        case .tell(let connection, let message):
            self.note("coordinator \(run.id) -> link \(connection): \(brief(message))")
            let link = self.links[connection.rawValue]
            guard link.coordinatorOpen else { return }
            self.watchTold(message, by: run)
            self.sendDown(link, .envelope(CoordinatorEnvelope(epoch: run.epoch, message: message)))
        case .disconnect(let connection, let reason):
            self.note("coordinator \(run.id) ends link \(connection): \(reason)")
            let link = self.links[connection.rawValue]
            guard link.coordinatorOpen else { return }
            link.coordinatorOpen = false
            self.sendDown(link, .end)
        case .commit(let id, let writes):
            self.note("coordinator \(run.id) commits \(id): \(writes.map(brief).joined(separator: "; "))")
            self.watchCommit(writes)
            self.watchPresences(in: writes, by: run)
            run.jobs.append(.commit(id, writes))
            if run.jobs.count == 1 { self.beginWriting(run) }
            if self.killsAtNextCommit {
                self.killsAtNextCommit = false
                self.after(0, .troubleOver(.coordinatorAtCommit(run.id)))
            }
            if self.mutant == .toldBeforeCommit {
                self.after(0, .coordinator(run.id, .input(.commitEnded(id, .committed))))
            }
        case .checkpoint(let rows):
            run.jobs.append(.checkpoint(rows))
            if run.jobs.count == 1 { self.beginWriting(run) }
        case .fetchGatewayInfo:
            self.fetchInfo(for: run)
        case .answer(let request, let answer):
            self.note("answer to \(request): \(answer)")
            self.watchAnswer(request, answer, by: run)
        case .note(let note):
            if note.message.hasPrefix("Three IDENTIFYs") {
                self.account.breakerOpenedAt = self.time
                self.rare.saw(.breakerOpened)
            }
            self.note("coordinator \(run.id) notes: \(note.message) \(note.detail)")
        case .stop(let reason):
            self.note("coordinator \(run.id) stops: \(reason)")
            if case .deposed = reason { self.fail(.s4, "deposed, though nobody else leads") }
            self.endCoordinator(run, silently: false)
        }
    }

    private func fetchInfo(for run: CoordinatorProcess) {
        // At once: what is read is in force until the machine hears of it.
        let delay: Int64 = self.wantsConcurrencyChange ? 0 : 2 * self.hop() + (self.infoFails ? 3 * second : 0)
        if self.infoFails {
            self.after(delay, .coordinator(run.id, .input(.gatewayInfoFailed(.temporary("500")))))
        } else if self.gateway.tokenIsDead {
            self.after(delay, .coordinator(run.id, .input(.gatewayInfoFailed(.unauthorized))))
        } else {
            self.changeConcurrencyIfWanted(for: run)
            let now = Instant(nanoseconds: self.time)
            let total = self.gateway.configuration.identifyLimitTotal
            let remaining = self.mutant == .budgetForgotten ? total : self.gateway.identifiesRemaining(at: now)
            let info = GatewayInfo(
                url: "base", shards: self.gateway.configuration.recommendedShards, total: total, remaining: remaining,
                resetAfterMilliseconds: Int(self.gateway.identifyResetAfter(at: now).inNanoseconds / millisecond),
                maxConcurrency: self.gateway.configuration.maxConcurrency)
            self.account.strangersSinceRead = 0
            self.after(delay, .coordinator(run.id, .input(.gatewayInfo(info))))
        }
    }

    /// The process is gone: its writes under way may still land, its streams end (or, `silently`, nobody is told).
    func endCoordinator(_ run: CoordinatorProcess, silently: Bool) {
        run.isAlive = false
        if self.coordinator === run { self.coordinator = nil }
        for link in self.links where link.run == run.id && link.coordinatorOpen {
            link.coordinatorOpen = false
            if !silently { self.sendDown(link, .end) }
        }
    }
}
