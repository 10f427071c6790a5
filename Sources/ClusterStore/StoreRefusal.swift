import ClusterModel
import GatewayModel

/// The texts of `CommitOutcome.refused`, the same for every store.
enum StoreRefusal {
    static func staleAssignment(_ lease: ShardLease) -> String {
        "shard \(lease.key) does not exist, is retired, or has an epoch of \(lease.epoch) or higher"
    }

    /// Where a statement assigns several shards and not all of them changed.
    static func staleAssignment(amongst leases: [ShardLease]) -> String {
        if leases.count == 1 { return self.staleAssignment(leases[0]) }
        let some = leases.prefix(8).map { "\($0)" }.joined(separator: ", ") + (leases.count > 8 ? ", …" : "")
        return "one of the shards \(some) does not exist, is retired, or has an epoch as high or higher"
    }

    static func staleRelease(_ lease: ShardLease) -> String {
        "shard \(lease.key) does not exist or has an epoch higher than \(lease.epoch)"
    }

    static func permitExists(_ permit: PermitID) -> String {
        "permit \(permit) exists"
    }

    static func notActive(_ generation: Generation) -> String {
        "generation \(generation) is not active"
    }

    static func generationExists(_ generation: Generation) -> String {
        "generation \(generation) exists, or another one is active"
    }
}
