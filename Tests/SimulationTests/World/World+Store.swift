import ClusterModel
import DequeModule

/// The writer: one job at a time, in order. Each lands or not, and answers the truth, a failure, or that it does not know.
extension World {
    func beginWriting(_ run: CoordinatorProcess) {
        run.lands = true
        run.answer = .committed
        var latency = self.networkDice.skewed(500 * microsecond...8 * millisecond) + self.storeSlow
        if self.storeAway {
            run.lands = false
            run.answer = .failed("away")
            latency = self.networkDice.chance(0.5) ? millisecond : 1_500 * millisecond
        } else if latency > 1_500 * millisecond {
            latency = 1_500 * millisecond
            run.lands = false
            run.answer = .failed("statement timeout")
        } else if self.storeFailChance > 0, self.networkDice.chance(self.storeFailChance) {
            run.lands = false
            run.answer = .failed("could not serialize")
        } else if self.storeUnknownChance > 0, self.networkDice.chance(self.storeUnknownChance) {
            run.lands = self.networkDice.chance(0.5)
            run.answer = .unknown("connection lost")
            if case .commit = run.jobs.first { self.rare.saw(run.lands ? .commitUnknownWritten : .commitUnknownLost) }
            latency += self.networkDice.skewed(0...1_500 * millisecond)
        }
        if case .failed = run.answer, case .commit = run.jobs.first { self.rare.saw(.commitFailed) }
        if run.lands { self.after(self.networkDice.integer(0...latency), .storeLands(run: run.id)) }
        self.after(latency + 1, .storeAnswers(run: run.id))
    }

    func storeLands(_ run: CoordinatorProcess) {
        guard let job = run.jobs.first else { return }
        let outcome: CommitOutcome
        switch job {
        case .commit(let id, let writes):
            outcome = self.store.commit(writes, epoch: run.epoch, at: self.time)
            self.note("store: commit \(id) of epoch \(run.epoch) \(outcome)")
            if outcome == .committed { self.watchLanded(writes) }
        case .checkpoint(let rows):
            let before = rows.map { self.store.shards[$0.lease.key]?.session }
            outcome = self.store.checkpoint(rows, epoch: run.epoch)
            self.note("store: checkpoint of \(rows.count) rows \(outcome)")
            if outcome == .committed { self.watchCheckpoint(rows, before: before) }
        }
        if outcome == .committed, run.epoch < self.store.epoch { self.fail(.s4, "a write of epoch \(run.epoch) landed under epoch \(self.store.epoch)") }
        if outcome == .deposed { self.rare.saw(.deposedCommit) }
        if run.answer == .committed { run.answer = outcome }
    }

    func storeAnswers(_ run: CoordinatorProcess) {
        guard let job = run.jobs.popFirst() else { return }
        guard run.isAlive else { return }
        let answer = run.answer
        switch job {
        case .commit(let id, _):
            if self.mutant != .toldBeforeCommit { self.handOver(run, .commitEnded(id, answer)) }
        case .checkpoint:
            self.handOver(run, .checkpointEnded(answer))
        }
        if run.isAlive, !run.jobs.isEmpty { self.beginWriting(run) }
    }

    private func handOver(_ run: CoordinatorProcess, _ input: ClusterInput) {
        self.after(0, .coordinator(run.id, .input(input)))
    }
}
