import ClusterModel
import GatewayModel
import SimulatedGateway

/// S5, S6, S7 and the rest of Discord's rules: permits, spacing, budget.
extension World {
    func watchSent(_ message: WorkerMessage, by process: WorkerProcess) {
        switch message {
        case .take(let permit, let stamp):
            if stamp != process.clock.local(self.time) { self.fail(.s6, "the take of \(permit) is stamped \(stamp), not now") }
            process.takes[permit] = stamp
        case .renew(let renewal):
            if renewal.stamp > process.clock.local(self.time) { self.fail(.s2, "a renewal is stamped in the future") }
            for report in renewal.shards { self.watchReport(report, by: process) }
        case .decline: self.rare.saw(.offerDeclined)
        case .goodbye(let reports, _):
            self.rare.saw(.goodbyeTaken)
            for report in reports { self.watchReport(report, by: process) }
        case .outcome(let permit, let outcome):
            if outcome != .notSent, !self.account.usedPermits.contains(permit) {
                self.fail(.s6, "worker \(process.id) reports \(outcome) of \(permit), which it never used")
            }
            if outcome == .unknown, let key = self.store.permits[permit]?.record.rateLimitKey { self.account.unknownsByKey[key, default: 0] += 1 }
        case .revoked(let report), .shard(let report): self.watchReport(report, by: process)
        case .hello(let hello): for report in hello.held { self.watchReport(report, by: process) }
        case .notHeld, .commandEnded, .failed: break
        }
    }

    /// A report carries the accepted sequence, never more.
    private func watchReport(_ report: ShardReport, by process: WorkerProcess) {
        guard let session = report.session, let accepted = self.account.accepted(ofSession: session.sessionID) else { return }
        if session.sequence > accepted { self.fail(.s9, "worker \(process.id) reports \(brief(report)), accepted is \(accepted)") }
    }

    func watchIdentify(_ permit: PermitID, of run: ShardRun, process: WorkerProcess) {
        self.watchAuthority("identifies", of: run, process: process)
        let now = process.clock.local(self.time)
        if self.store.permits[permit] == nil { self.fail(.s6, "IDENTIFY with \(permit), which is not committed") }
        if !self.account.usedPermits.insert(permit).inserted { self.fail(.s6, "\(permit) is used twice") }
        if self.store.permits[permit].map({ $0.record.lease != run.lease }) ?? false {
            self.fail(.s6, "\(run.lease) identifies with the permit of \(self.store.permits[permit]!.record.lease)")
        }
        guard let stamp = process.takes[permit] else {
            self.fail(.s6, "IDENTIFY with \(permit), which was not taken")
            return
        }
        if now >= stamp + Timing().permitValidity {
            self.fail(.s6, "IDENTIFY with \(permit) \(now - stamp) after its stamp")
        }
        run.identifyingWith = permit
    }

    func watchIdentifyArrival(_ identify: Identify) {
        let key = identify.shard % self.gateway.configuration.maxConcurrency
        self.note("Discord: IDENTIFY of shard \(identify.shard)/\(identify.numShards) arrives, key \(key)")
        if let last = self.account.lastArrival[key], self.time - last < 5 * second {
            self.fail(.s5, "two IDENTIFYs of key \(key) arrived \(Double(self.time - last) / 1e9) s apart")
        }
        self.account.lastArrival[key] = self.time
        self.account.identifiesByKey[key, default: 0] += 1
        self.account.identifies += 1
        let total = self.gateway.configuration.identifyLimitTotal
        // What others spent since the coordinator last asked cannot be known.
        let left = self.gateway.identifiesRemaining(at: self.gatewayNow) - 1 + self.account.strangersSinceRead
        var floor = max(total / 20, 20)
        if let opened = self.account.openedFloor, self.time < opened.until { floor = min(floor, opened.value) }
        if left < floor { self.fail(.s7, "an IDENTIFY leaves \(left) of \(total), below the floor of \(floor)") }
    }

    func watchLanded(_ writes: [StoreWrite]) {
        for write in writes {
            switch write {
            case .openFloor(let floor, let duration):
                self.account.openedFloor = floor.flatMap { value in duration.map { (value, self.time + $0.inNanoseconds + second) } }
            case .activateGeneration(_, _, .some): self.rare.saw(.resharded)
            case .setPresence(let planned, _): self.watchPresenceLanded(planned)
            case .activateGeneration, .assign, .release, .saveWorker, .openPermit, .closePermit, .forgetShardPresences, .transition: break
            }
        }
    }

    func watchViolations() {
        let new = self.gateway.violations.suffix(self.gateway.counts.violations - self.account.violationsSeen)
        self.account.violationsSeen = self.gateway.counts.violations
        for violation in new {
            switch violation.kind {
            case .doubleResume: break
            // It crossed with Discord's op 9 on its way: `watchWritten` saw that the shard was live.
            case .notAuthenticated where ["op 3", "op 4"].contains(where: { violation.detail.contains($0) }): break
            // Sent in time, and held up on its way until the next ones caught up with it.
            case .presenceRate: self.account.presenceWasDropped = true
            case .identifySpacing: self.fail(.s5, violation.detail)
            case .dailyLimit: self.fail(.s7, violation.detail)
            case .authentication where self.gateway.tokenIsDead: break
            case .sendRate, .payloadSize, .alreadyAuthenticated, .notAuthenticated, .badPayload, .invalidSequence, .badIdentify, .authentication, .wrongShard,
                .missingIntent:
                self.fail(.discordRules, "\(violation.kind.rawValue): \(violation.detail)")
            }
        }
    }
}
