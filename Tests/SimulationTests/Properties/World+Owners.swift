import ClusterModel
import GatewayModel

/// S1, S2, S3, S17: who owns a shard, and by what right it acts.
extension World {
    /// Whether S1 is asked for: A2 holds. Without it only S1' remains.
    var asksForOneOwner: Bool { self.plan.watchdogWorks }

    /// Under `fence`: holds a connection, or may open one. Under `hold`: may open one.
    func owns(_ run: ShardRun) -> Bool {
        let process = self.processes[run.process]
        guard process.isAlive, !run.isEnded else { return false }
        if self.plan.isolation == .fence, let id = run.connection, self.connections[id].clientOpen { return true }
        guard run.isStopping == nil else { return false }
        return process.publishedAuthority.mayDial(at: process.clock.local(self.time))
    }

    func checkOwners() {
        guard !self.account.contested.isEmpty, self.asksForOneOwner else { return }
        for key in self.account.contested {
            let owners = self.account.running[key]?.filter { self.owns($0) } ?? []
            if owners.count > 1 {
                self.fail(
                    .s1,
                    "shard \(key) is owned by \(owners.map { "worker \($0.process) (\($0.lease), \($0.session.phase)\($0.connection.map { self.connections[$0].clientOpen ? ", connected" : "" } ?? ""))" }.joined(separator: " and "))"
                )
            }
        }
    }

    func watchStart(_ run: ShardRun, of process: WorkerProcess) {
        let lease = run.lease
        if let highest = self.account.startedEpochs[lease.key], lease.epoch <= highest {
            self.fail(.s3, "worker \(process.id) starts \(lease), and epoch \(highest) ran already")
        }
        if run.assignment.incarnation != process.machine.incarnation {
            self.fail(.s3, "worker \(process.id) starts \(lease), meant for another incarnation")
        }
        if process.runs.contains(where: { !$0.isEnded && $0.lease.key == lease.key }) {
            self.fail(.s1, "worker \(process.id) starts \(lease) while it still runs that shard")
        }
        if let session = run.assignment.session, let index = self.account.session(named: session.sessionID) {
            if session.sequence > self.account[session: index].accepted {
                self.fail(.s9, "\(lease) is assigned with \(brief(session)), accepted is \(self.account[session: index].accepted)")
            }
        }
    }

    /// What depends on a commit is told only after it.
    func watchTold(_ message: CoordinatorMessage, by run: CoordinatorProcess) {
        switch message {
        case .assign(let assignment):
            let stored = self.store.shards[assignment.lease.key]?.epoch
            if stored.map({ $0 < assignment.lease.epoch }) ?? true {
                self.fail(.s3, "told to run \(assignment.lease), but the store has epoch \(stored.map { "\($0)" } ?? "none")")
            }
        case .go(let permit):
            if self.store.permits[permit] == nil { self.fail(.s6, "permit \(permit) is told before it is committed") }
        case .revoke(_, .handOff): self.account.moves += 1
        case .presence(_, let planned): self.watchPresenceTold(planned)
        case .command(let ticket, let lease, let command, _): self.watchCommandTold(ticket, lease, command)
        case .welcome, .refused, .ack, .revoke, .offer, .stopApplication:
            break
        }
    }

    /// S17: a new assignment only once the old owner is known to be out.
    func watchCommit(_ writes: [StoreWrite]) {
        for case .transition(let transition) in writes where transition.kind == .workerLost { self.rare.saw(.leaseExpired) }
        guard self.asksForOneOwner else { return }
        for case .assign(let lease, let owner, let incarnation) in writes {
            // The same incarnation ends its old run by itself before it starts the new one.
            for run in self.account.running[lease.key] ?? []
            where run.lease.epoch < lease.epoch && run.assignment.incarnation != incarnation && self.owns(run) {
                self.fail(.s17, "\(lease) is being given to \(owner) while worker \(run.process) still owns \(run.lease)")
            }
        }
    }

    func watchDial(of run: ShardRun, process: WorkerProcess) {
        self.watchAuthority("dials", of: run, process: process)
        if let stopped = self.account.applicationStoppedAt, self.time > stopped + 15 * second {
            self.fail(.s15, "\(run.lease) dials \((self.time - stopped) / second) s after a fatal close code")
        }
    }

    /// Dialing, RESUME and IDENTIFY: a lease that is valid now, counted by the harness from the stamps that came back.
    func watchAuthority(_ what: String, of run: ShardRun, process: WorkerProcess) {
        let now = process.clock.local(self.time)
        guard let stamp = process.ackedStamp, now < stamp + Timing().workerLease else {
            self.fail(.s2, "\(run.lease) of worker \(process.id) \(what) without a valid lease")
            return
        }
        if run.assignment.incarnation != process.machine.incarnation {
            self.fail(.s2, "\(run.lease) of worker \(process.id) \(what) under an old incarnation")
        }
    }

    /// Handing on an event: the same under `fence`; under `hold` the own incarnation is enough.
    func watchEmissionAuthority(of run: ShardRun, process: WorkerProcess) {
        switch self.plan.isolation {
        case .fence: self.watchAuthority("hands on an event", of: run, process: process)
        case .hold:
            if run.assignment.incarnation != process.machine.incarnation {
                self.fail(.s2, "\(run.lease) of worker \(process.id) hands on an event under an old incarnation")
            }
        }
    }
}
