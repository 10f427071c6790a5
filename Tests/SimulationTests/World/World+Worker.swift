import ClusterModel
import GatewayModel

/// A worker's shell: one loop for the worker machine, one for each shard, a sink.
extension World {
    func startWorker(on host: Int) {
        guard self.hosts[host].process == nil, !self.hosts[host].isGone else { return }
        let clock = self.newClock()
        var random = self.processDice.fork()
        var configuration = WorkerConfiguration(stableID: self.hosts[host].stableID, capacity: self.plan.capacity)
        configuration.timing = self.timing
        let machine = WorkerMachine(configuration, at: clock.local(self.time), using: &random)
        let process = WorkerProcess(id: self.processes.count, host: host, clock: clock, machine: machine, random: random)
        self.processes.append(process)
        self.hosts[host].process = process.id
        self.note("worker \(process.id) starts as \(self.hosts[host].stableID), incarnation \(process.incarnation)")
        if self.account.incarnations.updateValue(process.id, forKey: process.incarnation) != nil {
            self.fail(.s3, "incarnation \(process.incarnation) is used twice")
        }
        self.arm(process)
    }

    func handle(_ event: ForWorker, of process: WorkerProcess) {
        switch event {
        case .tick:
            guard self.time >= process.tickAt else { return }
            process.tickAt = .max
            if let deadline = process.machine.deadline, deadline <= process.clock.local(self.time) {
                if process.lastTick == self.time { process.sameMomentTicks += 1 } else { process.sameMomentTicks = 0 }
                process.lastTick = self.time
                if process.sameMomentTicks > 100 { self.fail(.spins, "worker \(process.id)'s deadline stays at \(deadline)") }
                self.feed(process, .tick(self.progress(of: process)))
            } else {
                self.arm(process)
            }
        case .input(let input):
            self.feed(process, input)
        case .dialed(let attempt):
            self.finishDial(of: process, attempt: attempt)
        case .dialTimedOut(let attempt):
            guard attempt == process.dialAttempt, process.link == nil else { return }
            self.feed(process, .disconnected(reason: "timed out"))
        case .shardTick(let id):
            self.tickShard(self.runs[id])
        case .connected(let id):
            self.finishGatewayDial(self.connections[id])
        case .sink:
            self.acceptAll(of: process)
        case .laneOverdue(let id):
            self.closeLane(of: self.runs[id], process: process)
        }
    }

    /// What the sinks have, at this moment.
    private func progress(of process: WorkerProcess) -> WorkerProgress {
        var progress = WorkerProgress(acceptedEvents: process.acceptedEvents)
        for run in process.runs where !run.isEnded || run.end != nil {
            if let position = self.mutant == .receivedReportedAsAccepted ? run.delivered : run.accepted { progress.accepted[run.lease] = position }
        }
        return progress
    }

    func receive(_ envelope: CoordinatorEnvelope, at process: WorkerProcess) {
        var envelope = envelope
        let stale = envelope.epoch < process.highestEpoch
        if !stale {
            process.highestEpoch = envelope.epoch
            switch envelope.message {
            case .welcome(let stamp, _, _):
                process.ackedStamp = max(process.ackedStamp ?? stamp, stamp)
            case .ack(let stamp, let isolation, let dials):
                if self.mutant == .leaseFromAckReceipt {
                    envelope.message = .ack(stamp: process.clock.local(self.time), isolation: isolation, dialsPerSecond: dials)
                }
                process.ackedStamp = max(process.ackedStamp ?? stamp, stamp)
            case .assign(var assignment):
                if self.mutant == .oldStreamHeard {
                    assignment.incarnation = process.machine.incarnation
                    envelope.message = .assign(assignment)
                }
            case .go(let permit):
                if let stamp = process.takes[permit], process.clock.local(self.time) >= stamp + Timing().permitValidity { self.rare.saw(.grantExpiredInFlight) }
            case .refused, .revoke, .offer, .presence, .command, .stopApplication:
                break
            }
        }
        self.note("worker \(process.id) <- \(brief(envelope.message))")
        self.feed(process, .received(envelope), mustIgnore: stale)
    }

    func feed(_ process: WorkerProcess, _ input: WorkerInput, mustIgnore: Bool = false) {
        guard process.isAlive else { return }
        switch input {
        case .tick, .received: break
        case .connected, .disconnected, .shard, .commandEnded, .presenceEnded, .stopRequested: self.note("worker \(process.id) <- \(brief(input))")
        }
        let effects = process.machine.handle(input, at: process.clock.local(self.time), using: &process.random)
        if mustIgnore, !effects.isEmpty { self.fail(.s4, "worker \(process.id) obeyed a lower coordinator epoch: \(effects)") }
        self.publishAuthority(of: process)
        for effect in effects {
            self.perform(effect, of: process)
            guard process.isAlive else { return }
        }
        self.publishAuthority(of: process)
        self.noticeIncarnation(of: process)
        self.arm(process)
    }

    private func publishAuthority(of process: WorkerProcess) {
        let authority = process.machine.authority
        guard authority != process.publishedAuthority else { return }
        process.publishedAuthority = authority
        for run in process.runs where !run.isEnded {
            run.session.authority = authority
            self.feed(run, .tick)
        }
    }

    private func noticeIncarnation(of process: WorkerProcess) {
        let incarnation = process.machine.incarnation
        guard incarnation != process.incarnation else { return }
        self.note("worker \(process.id) is now incarnation \(incarnation)")
        process.incarnation = incarnation
        self.rare.saw(.newIncarnationAfterFence)
        process.ackedStamp = nil
        if self.account.incarnations.updateValue(process.id, forKey: incarnation) != nil {
            self.fail(.s3, "incarnation \(incarnation) is used twice")
        }
    }

    func arm(_ process: WorkerProcess) {
        if let deadline = process.machine.deadline {
            let at = max(self.time, process.clock.time(deadline))
            if at < process.tickAt {
                process.tickAt = at
                self.queue.schedule(.worker(process.id, .tick), at: at)
            }
        }
        if let watchdog = process.machine.watchdog {
            let at = max(self.time, process.clock.time(watchdog))
            if at < process.watchdogAt {
                process.watchdogAt = at
                self.queue.schedule(.watchdog(process.id), at: at)
            }
        }
    }

    /// A2: an overdue process is ended within 0.5 s of its own clock, frozen or not.
    func watchdog(_ process: WorkerProcess) {
        guard process.isAlive, self.time >= process.watchdogAt else { return }
        guard self.mutant != .watchdogAsleep else { return }
        process.watchdogAt = .max
        guard let watchdog = process.machine.watchdog else { return }
        let local = process.clock.local(self.time)
        guard local >= watchdog else {
            self.arm(process)
            return
        }
        if process.isFrozen {
            guard self.plan.watchdogWorks else { return }
            // Within the half second that A2 allows, and at its end where that is the worst.
            guard local >= watchdog + .milliseconds(self.plan.watchdogLateness) else {
                process.watchdogAt = process.clock.time(watchdog + .milliseconds(self.plan.watchdogLateness))
                self.queue.schedule(.watchdog(process.id), at: process.watchdogAt)
                return
            }
        }
        self.rare.saw(.watchdogFired)
        self.note("worker \(process.id): its watchdog ends it")
        self.endWorker(process, silently: false)
        self.after(self.processDice.integer(100 * millisecond...2 * second), .startWorker(host: process.host))
    }

    private func perform(_ effect: WorkerEffect, of process: WorkerProcess) {
        switch effect {
        case .connect:
            process.dialAttempt += 1
            self.after(2 * self.hop(), .worker(process.id, .dialed(attempt: process.dialAttempt)))
        case .disconnect:
            process.dialAttempt += 1
            self.closeLink(of: process)
        case .send(let message):
            self.note("worker \(process.id) -> \(brief(message))")
            self.watchSent(message, by: process)
            guard let link = process.link else { return }
            if case .hello = message, self.hosts[process.host].diesGreeting {
                self.dieGreeting(process, message, on: self.links[link])
            } else {
                self.sendUp(self.links[link], .message(self.mutated(message, of: process)))
            }
        case .start(let assignment):
            self.startShard(assignment, in: process)
        case .stop(let lease, let mode):
            self.note("worker \(process.id) stops \(lease): \(mode)")
            guard let run = process.run(of: lease) else { return }
            if mode == .fence {
                self.rare.saw(.workerFencedItself)
                self.discardLane(of: run)
            }
            if run.isStopping == nil || mode != .handOff { run.isStopping = mode }
            self.feed(run, .stop(mode))
        case .offer(let lease, let permit):
            guard let run = process.run(of: lease), !run.isEnded else { return }
            self.feed(run, .offered(permit))
        case .grant(let lease, let permit, let validUntil):
            guard let run = process.run(of: lease), !run.isEnded else { return }
            run.granted[permit] = validUntil
            self.feed(run, .granted(permit, validUntil: validUntil))
        case .show(let lease, let planned):
            if process.run(of: lease)?.session.phase == .live { self.rare.saw(.presenceShownLive) }
            self.show(planned, of: lease, in: process)
        case .command(let ticket, let lease, let command, let limit):
            self.sendCommand(ticket, command, of: lease, within: limit, in: process)
        case .note(let note):
            self.note("worker \(process.id) notes: \(note.message) \(note.detail)")
        case .exit(let reason):
            self.note("worker \(process.id) exits: \(reason)")
            let open = process.runs.contains { !$0.isEnded && $0.connection != nil }
            if open, case .stopped = reason { self.fail(.s14, "worker \(process.id) says it stopped, and a gateway connection is still open") }
            self.endWorker(process, silently: false)
            if case .refused(let why) = reason { self.note("refused: \(why)") }
            if self.restartsEnabled { self.after(self.processDice.integer(50 * millisecond...3 * second), .startWorker(host: process.host)) }
        }
    }

    private func mutated(_ message: WorkerMessage, of process: WorkerProcess) -> WorkerMessage {
        switch (self.mutant, message) {
        case (.unknownReportedAsReady, .outcome(let permit, .unknown)):
            return .outcome(permit, .ready)
        case (.outcomeOfAnotherPermit, .outcome(let permit, let outcome)) where outcome != .notSent:
            // Any permit that is open now, whoever has it.
            let open = self.store.openPermits.keys.sorted().compactMap { self.store.openPermits[$0] ?? nil }
            return .outcome(open.first { $0 != permit } ?? permit, outcome)
        case (.sentReportedAsNotSent, .commandEnded(let ticket, .sent)):
            return .commandEnded(ticket, .notSent)
        case (_, _):
            return message
        }
    }

    private func closeLink(of process: WorkerProcess) {
        guard let id = process.link else { return }
        process.link = nil
        let link = self.links[id]
        link.workerOpen = false
        self.sendUp(link, .end)
    }

    private func finishDial(of process: WorkerProcess, attempt: Int) {
        guard attempt == process.dialAttempt, process.link == nil else { return }
        let host = self.hosts[process.host]
        guard !host.cutUp, !host.cutDown else {
            self.after(self.processDice.integer(1 * second...5 * second), .worker(process.id, .dialTimedOut(attempt: attempt)))
            return
        }
        guard let run = self.coordinator else {
            self.feed(process, .disconnected(reason: "refused"))
            return
        }
        let link = ControlLink(id: self.links.count, process: process.id, run: run.id)
        self.links.append(link)
        process.link = link.id
        self.note("worker \(process.id) has link \(link.id) to coordinator \(run.id)")
        self.feed(process, .connected)
    }

    /// The process is gone, and the kernel closes what it had; or (`silently`) its host is, and nobody is told.
    func endWorker(_ process: WorkerProcess, silently: Bool) {
        guard process.isAlive else { return }
        self.note("worker \(process.id) is dead\(silently ? ", silently" : "")")
        process.isAlive = false
        process.backlog = []
        self.hosts[process.host].process = nil
        if let id = process.link {
            self.links[id].workerOpen = false
            if !silently { self.sendUp(self.links[id], .end) }
        }
        for run in process.runs where !run.isEnded {
            run.isEnded = true
            self.account.ownershipChanged(run.lease.key)
            guard let id = run.connection else { continue }
            run.connection = nil
            let connection = self.connections[id]
            connection.clientOpen = false
            connection.isAbandoned = true
            if connection.gatewayOpen, !silently { self.sendToGateway(connection, .end) }
        }
        process.sinkQueue = []
    }
}
