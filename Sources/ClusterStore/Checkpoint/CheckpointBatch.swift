import ClusterModel
import GatewayModel

/// The rows of one checkpoint, at most one per lease, sorted by it: a statement cannot touch a row twice, and equal order prevents deadlocks.
struct CheckpointBatch: Sendable {
    private(set) var rows: [CheckpointRow]

    /// Keeps the last row of each lease; within one session, the one with the highest sequence.
    init(_ rows: [CheckpointRow]) {
        var latest: [ShardLease: CheckpointRow] = [:]
        latest.reserveCapacity(rows.count)
        for row in rows {
            if let earlier = latest[row.lease]?.session, let session = row.session, earlier.sessionID == session.sessionID,
                session.sequence < earlier.sequence
            {
                continue
            }
            latest[row.lease] = row
        }
        self.rows = latest.values.sorted { $0.lease < $1.lease }
    }
}
