import ClusterModel
import GatewayModel
import SimulatedGateway

/// S1', S9 to S14: what reaches the sinks, the store and Discord.
extension World {
    func watchHeartbeat(_ sequence: Int64?, of run: ShardRun) {
        guard let sequence, let session = run.session.session, let index = self.account.session(named: session.sessionID) else { return }
        if sequence > self.account[session: index].accepted {
            self.fail(.s13, "\(run.lease) heartbeats \(sequence), accepted is \(self.account[session: index].accepted)")
        }
    }

    func watchClose(_ code: UInt16, of run: ShardRun) {
        if code == 1000 || code == 1001, run.isStopping != .retire { self.fail(.s14, "\(run.lease) closes with \(code), and its session is not retired") }
    }

    func watchResume(_ session: GatewaySession, of run: ShardRun, process: WorkerProcess) {
        self.watchAuthority("resumes", of: run, process: process)
        guard let index = self.account.session(named: session.sessionID) else {
            self.fail(.s9, "\(run.lease) resumes \(session.sessionID), which Discord never gave out")
            return
        }
        if session.sequence > self.account[session: index].accepted {
            self.fail(.s10, "\(run.lease) resumes from \(brief(session)), accepted is \(self.account[session: index].accepted)")
        }
        if session.resumeGatewayURL != "resume" { self.fail(.s9, "\(run.lease) resumes with URL \(session.resumeGatewayURL)") }
    }

    func watchResumed(_ session: GatewaySession, of run: ShardRun, process: WorkerProcess) {
        guard let index = self.account.session(named: session.sessionID) else { return }
        let owner = self.lastProcess[index]
        self.lastProcess[index] = process.host
        if let owner { self.rare.saw(owner == process.host ? .resumedInPlace : .resumedElsewhere) }
    }

    /// A dispatch is handed on: before any sink has it.
    func watchEmission(_ dispatch: Dispatch, record: Int, of run: ShardRun, process: WorkerProcess) {
        self.watchEmissionAuthority(of: run, process: process)
        let id = self.account[session: record].id
        if let last = run.delivered, last.sessionID == id, dispatch.sequence <= last.sequence {
            self.fail(.s11, "\(run.lease) hands on \(dispatch.sequence) of \(id) after \(last.sequence), within one epoch")
        }
        run.delivered = AcceptedPosition(sessionID: id, sequence: dispatch.sequence)
        if self.lastProcess[record] == nil { self.lastProcess[record] = process.host }
    }

    /// A sink has taken it.
    func accept(_ item: SinkItem, of run: ShardRun, process: WorkerProcess) {
        let key = run.lease.key
        switch item.content {
        case .control(let event):
            guard case .gap(_, let session) = event else { return }
            guard let session else {
                self.account.coveredBefore[key] = self.account.sessions.last?.key
                return
            }
            guard let index = self.account.session(named: session.sessionID) else { return }
            self.account[session: index].gaps.append(session.sequence)
        case .dispatch(let index, let sequence, let event):
            process.acceptedEvents += 1
            run.accepted = AcceptedPosition(sessionID: self.account[session: index].id, sequence: sequence)
            var stream = self.account.streams[key] ?? Account.Stream()
            if run.lease.epoch < stream.epoch {
                self.rare.saw(.staleEpochRefusedAtSink)
                if self.plan.isolation == .fence, self.asksForOneOwner {
                    self.fail(.s1Prime, "the sink takes \(run.lease) after epoch \(stream.epoch)")
                }
            } else {
                if let last = stream.session, last != index { self.watchSwitch(from: last, to: index, of: run) }
                stream.session = index
                stream.epoch = run.lease.epoch
                self.account.streams[key] = stream
            }
            self.take(sequence, event: event, of: index, run: run)
        }
    }

    private func take(_ sequence: Int64, event: Int64, of index: Int, run: ShardRun) {
        let accepted = self.account[session: index].accepted
        if sequence <= accepted {
            self.rare.saw(.sequenceRepeated)
            let first = self.account[session: index].events[Int(sequence) - 1]
            if first >= 0, first != event { self.fail(.s12, "\(run.lease): \(sequence) was event \(first), and is \(event) now") }
            if first < 0 { self.account[session: index].events[Int(sequence) - 1] = event }
            return
        }
        if sequence > accepted + 1 {
            guard self.account[session: index].gaps.contains(where: { $0 <= accepted }) else {
                self.fail(.s10, "\(run.lease): \(sequence) of \(self.account[session: index].id) follows \(accepted), and no gap is declared")
                return
            }
            self.account[session: index].events.append(contentsOf: repeatElement(-1, count: Int(sequence - accepted - 1)))
        }
        self.account[session: index].events.append(event)
        self.account[session: index].accepted = sequence
    }

    /// Another session follows on the same shard: what the last one still owed must be declared first.
    private func watchSwitch(from last: Int, to next: Int, of run: ShardRun) {
        let old = self.account[session: last]
        let isCovered = old.gaps.contains { $0 <= old.accepted } || self.isCovered(old, on: run.lease.key)
        guard !isCovered else { return }
        guard old.wasStored else {
            self.rare.saw(.sessionLostBeforeStored)
            return
        }
        self.fail(
            .s10, "\(run.lease): session \(self.account[session: next].id) follows \(old.id), accepted up to \(old.accepted), without a gap between them")
    }

    func isCovered(_ session: Account.Session, on key: ShardKey) -> Bool {
        self.account.coveredBefore[key].map { session.key <= $0 } ?? false
    }

    func watchCheckpoint(_ rows: [CheckpointRow], before: [GatewaySession?]) {
        for (row, before) in zip(rows, before) {
            guard let stored = self.store.shards[row.lease.key], stored.session != before else { continue }
            if row.lease.epoch < stored.epoch { self.fail(.s9, "a checkpoint of \(row.lease) was written over epoch \(stored.epoch)") }
            guard let session = stored.session, let index = self.account.session(named: session.sessionID) else { continue }
            self.account[session: index].wasStored = true
            let accepted = self.account[session: index].accepted
            if session.sequence > accepted { self.fail(.s9, "\(row.lease): \(brief(session)) is stored, accepted is \(accepted)") }
            guard let before else { continue }
            if before.sessionID == session.sessionID {
                if session.sequence < before.sequence {
                    self.fail(.s9, "\(row.lease): the stored sequence falls from \(before.sequence) to \(session.sequence)")
                }
            } else if let old = self.account.session(named: before.sessionID), self.account[session: index].key < self.account[session: old].key {
                self.fail(.s9, "\(row.lease): the stored session falls back from \(before.sessionID) to \(session.sessionID)")
            }
        }
    }
}
