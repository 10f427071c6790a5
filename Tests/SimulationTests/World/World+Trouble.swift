import ClusterModel
import GatewayModel
import SimulatedGateway

/// What goes wrong, and how it ends.
extension World {
    func makeTrouble() {
        guard !self.troublesAreOver else { return }
        self.after(self.troubleDice.integer(self.plan.troubleInterval * 3 / 10...self.plan.troubleInterval * 17 / 10), .trouble)
        guard !self.plan.troubles.isEmpty else { return }
        let trouble = self.troubleDice.pick(self.plan.troubles)
        self.note("TROUBLE \(trouble.rawValue)")
        self.trace.mix(Int64(Trouble.allCases.firstIndex(of: trouble)!))
        switch trouble {
        case .workerKilled, .workerKilledForGood, .workerHostLost, .workerJoins, .workerFrozen, .workerTerminated, .workerDiesGreeting:
            self.troubleWorker(trouble)
        case .coordinatorKilled:
            guard let run = self.coordinator else { return }
            if self.troubleDice.chance(0.3) {
                self.killsAtNextCommit = true
                return
            }
            self.endCoordinator(run, silently: self.troubleDice.chance(0.2))
            let isAtOnce = self.troubleDice.chance(0.3)
            self.after(isAtOnce ? 2 * millisecond : self.troubleDice.skewed(200 * millisecond...40 * second), .startCoordinator)
        case .coordinatorFrozen:
            guard let run = self.coordinator, !run.isFrozen else { return }
            run.isFrozen = true
            self.after(self.troubleDice.skewed(second...30 * second), .troubleOver(.thawCoordinator(run.id)))
        case .controlCut, .controlOneWay, .controlReset, .controlHalfOpen, .controlSlow: self.troubleControl(trouble)
        case .gatewayCut, .gatewayReset, .gatewaySlow, .dialRefused: self.troubleGateway(trouble)
        case .storeAway:
            self.storeAway = true
            if self.runs.contains(where: { !$0.isEnded && $0.session.phase == .live }) { self.rare.saw(.storeAwayWithLiveShards) }
            self.after(self.troubleDice.skewed(second...60 * second), .troubleOver(.store))
        case .storeSlow:
            self.storeSlow = self.troubleDice.skewed(100 * millisecond...2 * second)
            self.after(self.troubleDice.skewed(second...30 * second), .troubleOver(.store))
        case .storeFails:
            self.storeFailChance = 0.5
            self.after(self.troubleDice.skewed(second...30 * second), .troubleOver(.store))
        case .storeUnknown:
            self.storeUnknownChance = 0.5
            self.after(self.troubleDice.skewed(second...30 * second), .troubleOver(.store))
        case .reconnectRequested, .invalidSessionResumable, .invalidSessionFinal, .closedByDiscord, .sessionsForgotten, .infoFails, .strangerIdentifies,
            .concurrencyChanges, .sequenceHole, .identifyRefused:
            self.troubleDiscord(trouble)
        case .sinkSlow:
            self.sinkSlow = self.troubleDice.skewed(second...12 * second)
            self.after(self.troubleDice.skewed(second...30 * second), .troubleOver(.sink))
        case .operatorReshards:
            guard let run = self.coordinator, self.reshards < 2, self.plan.budget > 500 else { return }
            self.reshards += 1
            let target = self.troubleDice.integer(1...max(2, min(self.plan.shards * 2, self.plan.capacity * self.plan.workers)))
            self.request(.reshard(to: target), of: run)
        }
    }

    @discardableResult
    func request(_ request: OperatorRequest, of run: CoordinatorProcess) -> RequestID {
        self.nextRequest += 1
        let id = RequestID(rawValue: self.nextRequest)
        self.after(0, .coordinator(run.id, .input(.request(id, request))))
        return id
    }

    private var livingProcesses: [WorkerProcess] { self.hosts.compactMap { $0.process.map { self.processes[$0] } } }

    private func troubleWorker(_ trouble: Trouble) {
        if trouble == .workerJoins {
            guard self.hosts.count < self.plan.workers + 3 else { return }
            self.hosts.append(Host(stableID: StableID(rawValue: "w\(self.hosts.count)")))
            self.startWorker(on: self.hosts.count - 1)
            return
        }
        let living = self.livingProcesses
        guard !living.isEmpty else { return }
        let process = self.troubleDice.pick(living)
        switch trouble {
        case .workerKilled:
            self.endWorker(process, silently: false)
            self.after(self.troubleDice.skewed(20 * millisecond...15 * second), .startWorker(host: process.host))
        case .workerKilledForGood:
            guard living.count > 1 else { return }
            self.hosts[process.host].isGone = true
            self.endWorker(process, silently: false)
        case .workerHostLost:
            self.rare.saw(.hostLostSilently)
            self.endWorker(process, silently: true)
            self.after(self.troubleDice.integer(5 * second...60 * second), .startWorker(host: process.host))
        case .workerFrozen:
            guard !process.isFrozen else { return }
            process.isFrozen = true
            let length = self.troubleDice.skewed(second...60 * second)
            if length > 10 * second { self.rare.saw(.frozenPastLease) }
            self.after(length, .troubleOver(.thawWorker(process.id)))
        case .workerTerminated:
            self.after(0, .worker(process.id, .input(.stopRequested(returning: self.troubleDice.chance(0.5)))))
        case .workerDiesGreeting:
            self.hosts[process.host].diesGreeting = true
            self.endWorker(process, silently: false)
            self.after(self.troubleDice.skewed(20 * millisecond...2 * second), .startWorker(host: process.host))
        default: break
        }
    }

    /// Nobody hears of it before its successor has joined, and has as likely as not just lost its stream.
    func dieGreeting(_ process: WorkerProcess, _ hello: WorkerMessage, on link: ControlLink) {
        self.hosts[process.host].diesGreeting = false
        let at = link.up.send(.message(hello), at: self.time, delay: self.troubleDice.integer(2 * second...20 * second))
        self.queue.schedule(.controlUp(link.id), at: at)
        self.endWorker(process, silently: false)
        self.after(self.troubleDice.skewed(20 * millisecond...2 * second), .startWorker(host: process.host))
        let before = self.troubleDice.integer(0...(200 * millisecond + 2 * self.delay))
        self.after(max(0, at - self.time - before), .troubleOver(.controlReset(host: process.host)))
    }

    private func troubleControl(_ trouble: Trouble) {
        let host = self.troubleDice.integer(0...(self.hosts.count - 1))
        switch trouble {
        case .controlCut, .controlOneWay:
            let both = trouble == .controlCut
            let up = both || self.troubleDice.chance(0.5)
            self.hosts[host].cutUp = self.hosts[host].cutUp || up
            self.hosts[host].cutDown = self.hosts[host].cutDown || both || !up
            if !both { self.rare.saw(.oneWayControl) }
            if self.plan.isolation == .hold { self.rare.saw(.workerHeldWithoutCoordinator) }
            self.after(self.troubleDice.skewed(500 * millisecond...60 * second), .troubleOver(.control(host: host)))
        case .controlReset:
            self.resetControl(host: host)
        case .controlHalfOpen:
            guard let id = self.hosts[host].process.flatMap({ self.processes[$0].link }) else { return }
            self.rare.saw(.halfOpenControl)
            let link = self.links[id]
            link.up.discard()
            link.down.discard()
            // One end is gone, and the other one is not told, or much later.
            if self.troubleDice.chance(0.5) {
                self.sendDown(link, .end)
                link.coordinatorOpen = false
                link.coordinatorThinksOpen = true
                self.after(self.troubleDice.integer(second...60 * second), .troubleOver(.closeHalfOpen(link: id)))
            } else {
                link.downIsLost = true
                self.sendUp(link, .end)
            }
        case .controlSlow:
            self.controlSlow = self.troubleDice.skewed(second...20 * second)
            self.after(self.troubleDice.skewed(second...40 * second), .troubleOver(.controlSlow))
        default: break
        }
    }

    private func troubleGateway(_ trouble: Trouble) {
        switch trouble {
        case .gatewayCut:
            let host = self.troubleDice.integer(0...(self.hosts.count - 1))
            self.hosts[host].cutGateway = true
            self.after(self.troubleDice.skewed(500 * millisecond...100 * second), .troubleOver(.gateway(host: host)))
        case .gatewayReset:
            self.gatewayTakes(.inject(.cut(self.someTarget(), self.troubleDice.chance(0.5) ? .reset : .fin)))
        case .gatewaySlow:
            self.gatewaySlow = self.troubleDice.skewed(second...20 * second)
            self.after(self.troubleDice.skewed(second...40 * second), .troubleOver(.gatewaySlow))
        case .dialRefused:
            self.dialsRefused = true
            self.after(self.troubleDice.skewed(second...40 * second), .troubleOver(.dialRefused))
        default: break
        }
    }

    private func someTarget() -> Target {
        if self.troubleDice.chance(0.15) { return .all }
        return .shard(self.troubleDice.integer(0...(self.plan.shards - 1)), numShards: nil)
    }

    private func troubleDiscord(_ trouble: Trouble) {
        switch trouble {
        case .reconnectRequested: self.gatewayTakes(.inject(.reconnect(self.someTarget())))
        case .invalidSessionResumable: self.invalidate(resumable: true)
        case .invalidSessionFinal: self.invalidate(resumable: false)
        case .closedByDiscord:
            // 4008 is for those who send too much; the fatal ones have seeds of their own.
            self.gatewayTakes(.inject(.close(self.someTarget(), code: self.troubleDice.pick([1000, 1001, 4000, 4001, 4002, 4003, 4005, 4007, 4009]))))
        case .sessionsForgotten: self.gatewayTakes(.inject(.forget(self.someTarget())))
        case .infoFails:
            self.infoFails = true
            self.after(self.troubleDice.skewed(second...60 * second), .troubleOver(.info))
        case .strangerIdentifies:
            let count = self.troubleDice.integer(1...5)
            let left = self.gateway.identifiesRemaining(at: self.gatewayNow)
            let total = self.gateway.configuration.identifyLimitTotal
            guard left - count > max(total / 20, 20) + 10 else { return }
            self.account.strangersSinceRead += count
            self.gatewayTakes(.inject(.setIdentifiesSpent(total - left + count)))
        case .concurrencyChanges: self.wantsConcurrencyChange = true
        case .sequenceHole: self.dropNextDispatch = true
        case .identifyRefused: self.refusals += self.troubleDice.integer(1...3)
        default: break
        }
    }

    /// Only sessions hear op 9, and what answers an IDENTIFY: a connection without either never does.
    private func invalidate(resumable: Bool) {
        let all = self.gateway.sessionStatuses
        guard !all.isEmpty else { return }
        for session in self.troubleDice.chance(0.15) ? all : [self.troubleDice.pick(all)] {
            self.gatewayTakes(.inject(.invalidate(.session(id: session.sessionID), resumable: resumable)))
        }
    }

    /// A change of `max_concurrency` takes effect with the read that tells of it, and only where no IDENTIFY is under way: nobody could know it earlier.
    func changeConcurrencyIfWanted(for run: CoordinatorProcess) {
        guard self.wantsConcurrencyChange, !self.store.openPermits.values.contains(where: { $0 != nil }) else { return }
        let isWriting = run.jobs.contains { job in
            guard case .commit(_, let writes) = job else { return false }
            return writes.contains { if case .openPermit = $0 { true } else { false } }
        }
        guard !isWriting else { return }
        self.wantsConcurrencyChange = false
        self.rare.saw(.concurrencyChanged)
        var change = ConfigurationChange()
        change.maxConcurrency = self.troubleDice.pick([1, 2, 3, 4, 8, 16].filter { $0 * 8 >= self.plan.shards })
        self.account.lastArrival = [:]
        self.note("max_concurrency is \(change.maxConcurrency!) from now on")
        self.gatewayTakes(.inject(.configure(change)))
    }

    func end(_ ending: Ending) {
        switch ending {
        case .thawWorker(let id):
            let process = self.processes[id]
            guard process.isFrozen, process.isAlive else { return }
            process.isFrozen = false
            self.note("worker \(id) thaws")
            let backlog = process.backlog
            process.backlog = []
            for event in backlog { self.queue.schedule(event, at: self.time) }
        case .coordinatorAtCommit(let id):
            let run = self.coordinators[id]
            guard run.isAlive else { return }
            self.note("coordinator \(id) is killed with a commit under way")
            self.endCoordinator(run, silently: false)
            self.after(1, .startCoordinator)
        case .thawCoordinator(let id):
            let run = self.coordinators[id]
            guard run.isFrozen, run.isAlive else { return }
            run.isFrozen = false
            self.note("coordinator \(id) thaws")
            let backlog = run.backlog
            run.backlog = []
            for event in backlog { self.queue.schedule(event, at: self.time) }
        case .control(let host): self.healControl(host: host)
        case .controlReset(let host): if !self.troublesAreOver { self.resetControl(host: host) }
        case .gateway(let host): self.healGateway(host: host)
        case .controlSlow: self.controlSlow = 0
        case .gatewaySlow: self.gatewaySlow = 0
        case .dialRefused: self.dialsRefused = false
        case .store:
            self.storeAway = false
            self.storeSlow = 0
            self.storeFailChance = 0
            self.storeUnknownChance = 0
        case .info: self.infoFails = false
        case .sink: self.sinkSlow = 0
        case .closeHalfOpen(let id):
            let link = self.links[id]
            guard link.coordinatorThinksOpen else { return }
            link.coordinatorThinksOpen = false
            let run = self.coordinators[link.run]
            if run.isAlive { self.after(0, .coordinator(run.id, .input(.closed(link.connection)))) }
        }
    }
}
