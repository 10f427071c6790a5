import ClusterModel
import GatewayModel
import SimulatedGateway

/// The loop around one shard's session machine, and the sink.
extension World {
    func startShard(_ assignment: Assignment, in process: WorkerProcess) {
        let session = SessionMachine(gatewayURL: assignment.gatewayURL, session: assignment.session, authority: process.machine.authority)
        let run = ShardRun(id: self.runs.count, process: process.id, assignment: assignment, session: session)
        self.note("worker \(process.id) starts \(assignment.lease), session \(brief(assignment.session))")
        if assignment.isPresenceShown { self.rare.saw(.presenceCarriedOver) }
        self.watchStart(run, of: process)
        self.runs.append(run)
        process.runs.removeAll { $0.isEnded && $0.end == nil }
        process.runs.append(run)
        self.account.started(run)
        self.feed(run, .start)
    }

    func tickShard(_ run: ShardRun) {
        guard !run.isEnded, self.time >= run.tickAt else { return }
        run.tickAt = .max
        let process = self.processes[run.process]
        if let deadline = run.deadline, deadline <= process.clock.local(self.time) {
            if run.lastTick == self.time { run.sameMomentTicks += 1 } else { run.sameMomentTicks = 0 }
            run.lastTick = self.time
            if run.sameMomentTicks > 100 { self.fail(.spins, "shard \(run.lease)'s deadline stays at \(deadline), phase \(run.session.phase)") }
            if let due = run.commands.deadline, due <= process.clock.local(self.time) {
                self.perform(run.commands.timePassed(to: process.clock.local(self.time)), of: run)
            }
            self.feed(run, .tick)
        } else {
            self.arm(run)
        }
    }

    /// - Parameter dispatch: what came with this input, for `deliver`.
    func feed(_ run: ShardRun, _ input: SessionInput, dispatch: Dispatch? = nil) {
        guard !run.isEnded else { return }
        let process = self.processes[run.process]
        guard process.isAlive else { return }
        let effects = run.session.handle(input, at: process.clock.local(self.time), using: &process.random)
        for effect in effects {
            self.perform(effect, of: run, process: process, dispatch: dispatch)
            guard !run.isEnded else { return }
        }
        self.arm(run)
    }

    func arm(_ run: ShardRun) {
        guard let deadline = run.deadline else { return }
        let at = max(self.time, self.processes[run.process].clock.time(deadline))
        guard at < run.tickAt else { return }
        run.tickAt = at
        self.queue.schedule(.worker(run.process, .shardTick(run: run.id)), at: at)
    }

    private func perform(_ effect: SessionEffect, of run: ShardRun, process: WorkerProcess, dispatch: Dispatch?) {
        switch effect {
        case .reserveDial: preconditionFailure("no machine here paces its dials")
        case .dial(let url):
            self.note("shard \(run.lease) of worker \(process.id) dials \(url)")
            self.watchDial(of: run, process: process)
            self.dialGateway(run, url: url)
        case .sendHeartbeat(let sequence):
            let sent = self.mutant == .heartbeatCarriesReceived ? run.delivered?.sequence ?? sequence : sequence
            self.watchHeartbeat(sent, of: run)
            self.send(.heartbeat(sequence: sent), of: run)
            run.commands.noteSent(at: process.clock.local(self.time))
        case .sendIdentify(let permit):
            self.note("shard \(run.lease) of worker \(process.id) sends IDENTIFY with \(permit)")
            self.watchIdentify(permit, of: run, process: process)
            self.send(
                .identify(
                    Identify(
                        token: run.assignment.token.revealed, shard: run.lease.key.shard.rawValue, numShards: run.assignment.numShards,
                        intents: run.assignment.intents, presence: run.commands.presence.map(Self.simulated))), of: run)
            self.perform(run.commands.identifySent(at: process.clock.local(self.time)), of: run)
        case .sendResume(let session):
            self.note("shard \(run.lease) of worker \(process.id) sends RESUME \(brief(session))")
            self.watchResume(session, of: run, process: process)
            self.send(
                .resume(Resume(token: run.assignment.token.revealed, sessionID: session.sessionID, sequence: session.sequence)), of: run)
            run.commands.noteSent(at: process.clock.local(self.time))
        case .close(let code):
            self.note("shard \(run.lease) of worker \(process.id) closes with \(code)")
            let code = self.mutant == .goingAwayOnStop && run.isStopping == .handOff ? 1001 : code
            self.watchClose(code, of: run)
            self.closeGateway(run, code: code)
        case .drop:
            self.note("shard \(run.lease) of worker \(process.id) drops its connection")
            self.dropGateway(run)
        case .deliver:
            guard let dispatch else { preconditionFailure("deliver without a dispatch") }
            self.deliver(dispatch, of: run, process: process)
        case .stopReading:
            if let id = run.connection { self.connections[id].isPaused = true }
        case .report(let event):
            self.report(event, of: run, process: process)
            self.commandsHear(event, of: run)
        case .end(let end):
            self.note("shard \(run.lease) of worker \(process.id) ends: \(end)")
            if let id = run.connection, self.connections[id].clientOpen {
                self.fail(.s1, "the run of \(run.lease) ended with an open connection")
            }
            run.isEnded = true
            self.perform(run.commands.end(), of: run)
            self.account.ownershipChanged(run.lease.key)
            run.end = end
            if run.queued == 0 { self.closeLane(of: run, process: process) } else { self.after(2 * second, .worker(process.id, .laneOverdue(run: run.id))) }
        }
    }

    private func send(_ payload: ClientPayload, of run: ShardRun) {
        guard let id = run.connection, self.connections[id].clientOpen else { return }
        self.sendToGateway(self.connections[id], .payload(payload, sentAt: self.time))
    }

    private func report(_ event: ShardEvent, of run: ShardRun, process: WorkerProcess) {
        if case .phase = event {} else { self.note("shard \(run.lease) of worker \(process.id) reports \(brief(event))") }
        switch event {
        case .phase(let phase):
            self.signal(.phase(phase), of: run, process: process)
            if phase == .stopping {
                run.isFlushing = true
                if run.queued > 0 { self.rare.saw(.sinkBehindAtStop) }
                if run.queued == 0 { self.flushed(run) }
            }
        case .ready(let session):
            self.enqueue(.control(event), of: run, process: process)
            self.signal(.session(session), of: run, process: process)
        case .resumed(let session, _):
            self.watchResumed(session, of: run, process: process)
            self.signal(.resumed, of: run, process: process)
            self.enqueue(.control(event), of: run, process: process)
        case .gap(let reason, _):
            if reason == .replayHole { self.rare.saw(.replayHole) }
            guard self.mutant != .gapsNotDeclared else { return }
            run.unsettledGaps += 1
            self.enqueue(.control(event), of: run, process: process)
        case .sessionLost:
            self.rare.saw(.sessionRefused)
            self.signal(.session(nil), of: run, process: process)
        case .readyToIdentify(let permit):
            self.signal(.readyToIdentify(permit), of: run, process: process)
        case .identified(let permit, let outcome, let session):
            run.identifyingWith = nil
            switch outcome {
            case .unknown: self.rare.saw(.outcomeUnknown)
            case .invalidSession: self.rare.saw(.identifyRefused)
            case .notSent: self.rare.saw(.permitNotSent)
            case .ready, .closed: break
            }
            self.signal(.identified(permit, outcome, session), of: run, process: process)
        case .disconnected(_, let reason, _):
            if reason == "no heartbeat ACK" { self.rare.saw(.zombieConnection) }
            self.enqueue(.control(event), of: run, process: process)
        case .anomaly:
            break
        }
    }

    /// Nothing that follows a gap is told before the gap is with the sink.
    func signal(_ signal: ShardSignal, of run: ShardRun, process: WorkerProcess) {
        guard run.unsettledGaps == 0 else {
            if case .phase = signal, case .phase = run.heldSignals.last { run.heldSignals.removeLast() }
            run.heldSignals.append(signal)
            return
        }
        self.post(signal, of: run, process: process)
    }

    /// Signals reach the worker's loop in order, a little later.
    private func post(_ signal: ShardSignal, of run: ShardRun, process: WorkerProcess) {
        switch signal {
        case .session(let session): run.told = session
        case .identified(_, _, .some(let session)): run.told = session
        case .identified, .phase, .resumed, .readyToIdentify, .ended: break
        }
        let lag = self.plan.loopLag == 0 ? 0 : self.networkDice.skewed(0...self.plan.loopLag)
        run.lastSignal = max(run.lastSignal + 1, self.time + lag)
        self.queue.schedule(.worker(process.id, .input(.shard(run.lease, signal))), at: run.lastSignal)
    }

    private func settle(_ item: SinkItem, of run: ShardRun, process: WorkerProcess) {
        guard case .control(.gap) = item.content, run.unsettledGaps > 0, !run.isDiscarded else { return }
        run.unsettledGaps -= 1
        if run.unsettledGaps == 0 { self.releaseSignals(of: run, process: process) }
    }

    private func releaseSignals(of run: ShardRun, process: WorkerProcess) {
        let signals = run.heldSignals
        run.heldSignals = []
        for signal in signals { self.post(signal, of: run, process: process) }
    }

    // MARK: Sink

    /// The sink has all of an ended run, or had its time: what it did not take goes to the next owner, and the session says where it really is.
    func closeLane(of run: ShardRun, process: WorkerProcess) {
        guard var end = run.end else { return }
        run.end = nil
        self.discardLane(of: run)
        if run.unsettledGaps > 0, case .stopped = end { end = .stopped(run.told) }
        if case .stopped(var session?) = end, let accepted = run.accepted, accepted.sessionID == session.sessionID {
            session.sequence = max(session.sequence, accepted.sequence)
            end = .stopped(session)
        }
        self.post(.ended(end), of: run, process: process)
    }

    /// Nothing more of it is taken; what waits for a gap line is never told.
    func discardLane(of run: ShardRun) {
        run.isDiscarded = true
        run.heldSignals = []
    }

    func deliver(_ dispatch: Dispatch, of run: ShardRun, process: WorkerProcess) {
        let record = self.account.session(dispatch.session, gateway: self.gateway)
        self.watchEmission(dispatch, record: record, of: run, process: process)
        self.enqueue(.dispatch(session: record, sequence: dispatch.sequence, event: dispatch.event.id), of: run, process: process)
        if self.mutant == .acceptedBeforeWritten {
            run.accepted = run.delivered
            self.tellAccepted(run)
        }
    }

    private func enqueue(_ content: SinkItem.Content, of run: ShardRun, process: WorkerProcess) {
        process.sinkQueue.append(SinkItem(run: run.id, content: content))
        run.queued += 1
        if run.queued > 64, !run.readingPaused, run.isStopping == nil {
            run.readingPaused = true
            self.rare.saw(.backpressure)
            if let id = run.connection { self.connections[id].isPaused = true }
            self.feed(run, .readingPaused(true))
        }
        guard !process.sinkIsScheduled else { return }
        process.sinkIsScheduled = true
        let most = max(self.plan.sinkDelay, self.sinkSlow)
        self.after(self.networkDice.skewed(0...(self.troublesAreOver ? min(most, 20 * millisecond) : most)), .worker(process.id, .sink))
    }

    /// The sink took everything that waited.
    func acceptAll(of process: WorkerProcess) {
        process.sinkIsScheduled = false
        let items = process.sinkQueue
        process.sinkQueue.removeAll(keepingCapacity: true)
        var touched: [ShardRun] = []
        for item in items {
            let run = self.runs[item.run]
            run.queued -= 1
            if touched.last !== run, !touched.contains(where: { $0 === run }) { touched.append(run) }
            // Fenced: nothing more is accepted.
            guard run.isStopping != .fence, !run.isDiscarded, process.machine.authority.mayEmit(at: process.clock.local(self.time)) else { continue }
            self.accept(item, of: run, process: process)
            self.settle(item, of: run, process: process)
        }
        for run in touched {
            if case .some = run.accepted { self.tellAccepted(run) }
            if run.isFlushing, run.queued == 0 { self.flushed(run) }
            if run.end != nil, run.queued == 0 { self.closeLane(of: run, process: process) }
            if run.readingPaused, run.queued == 0 {
                run.readingPaused = false
                self.feed(run, .readingPaused(false))
                self.resumeReading(run)
            }
        }
    }

    private func tellAccepted(_ run: ShardRun) {
        guard let position = run.accepted else { return }
        self.feed(run, .accepted(sequence: position.sequence, sessionID: position.sessionID))
    }

    private func flushed(_ run: ShardRun) {
        guard run.isFlushing else { return }
        run.isFlushing = false
        self.feed(run, .flushed)
    }
}
