import ClusterModel
import GatewayModel

/// Shards of a cluster as a table for a terminal.
struct ShardTable {
    let records: [ShardRecord]

    var text: String {
        guard !self.records.isEmpty else { return "no shards\n" }
        let rows = self.records.map { record in
            [
                "\(record.shard)/\(record.numShards)", record.worker?.rawValue ?? "-", record.phase?.rawValue ?? "-", "\(record.epoch)",
                record.session.map { "\($0.sequence)" } ?? "-", record.session?.sessionID ?? "-", record.session?.resumeGatewayURL ?? "-",
            ]
        }
        return TextTable.text([["SHARD", "WORKER", "PHASE", "EPOCH", "SEQUENCE", "SESSION", "RESUME URL"]] + rows) + "\n"
    }
}
