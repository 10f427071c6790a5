package import GatewayModel

// The permits of a cluster: a holder is a shard under one assignment, and every commit is a row.
typealias ClusterPermits = IdentifyPermits<ShardLease>

extension ShardLease: IdentifyHolder {
    package var shard: ShardID { self.key.shard }
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

extension IdentifyPermits where Holder == ShardLease {
    init(restoring stored: [StoredRateLimitKey], epoch: CoordinatorEpoch, timing: Timing, at now: Instant) {
        self.init(issuer: "\(epoch)", timing: IdentifyTiming(timing), used: stored.map { ($0.key, $0.openPermit) }, at: now)
    }

    /// - Returns: the holder whose worker is to be told to go. Whatever else the commit came to, nobody was told, so the permit was never used.
    mutating func commitEnded(_ permit: PermitID, _ outcome: CommitOutcome, at now: Instant) -> ShardLease? {
        switch outcome {
        case .committed: self.commitEnded(permit, isCommitted: true, at: now)
        case .failed, .unknown, .refused, .deposed: self.commitEnded(permit, isCommitted: false, at: now)
        }
    }
}
