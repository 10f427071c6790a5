import GatewayModel

// The permits of a cluster: a holder is a shard under one assignment, and every commit is a row.
extension IdentifyHolder {
    init(_ lease: ShardLease) {
        self.init(set: lease.key.generation.rawValue, shard: lease.key.shard, life: lease.epoch.rawValue)
    }

    var lease: ShardLease {
        ShardLease(key: ShardKey(generation: Generation(rawValue: self.set), shard: self.shard), epoch: AssignmentEpoch(rawValue: self.life))
    }
}

extension IdentifyTiming {
    init(_ timing: Timing) {
        self.init()
        self.identifySpacing = timing.identifySpacing
        self.unknownOutcome = timing.unknownOutcome
        self.permitValidity = timing.permitValidity
        self.offerLimit = timing.offerLimit
        self.offerLead = timing.offerLead
    }
}

extension IdentifyPermits {
    init(restoring stored: [StoredRateLimitKey], epoch: CoordinatorEpoch, timing: Timing, at now: Instant) {
        self.init(issuer: "\(epoch)", timing: IdentifyTiming(timing), used: stored.map { ($0.key, $0.openPermit) }, at: now)
    }

    /// - Returns: the holder whose worker is to be told to go. Whatever else the commit came to, nobody was told, so the permit was never used.
    mutating func commitEnded(_ permit: PermitID, _ outcome: CommitOutcome, at now: Instant) -> ShardLease? {
        switch outcome {
        case .committed: self.commitEnded(permit, isCommitted: true, at: now)?.lease
        case .failed, .unknown, .refused, .deposed: self.commitEnded(permit, isCommitted: false, at: now)?.lease
        }
    }
}
