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
                record.session.map { "\($0.sequence)" } ?? "-", Self.age(record.secondsSinceEvent),
                record.session?.sessionID ?? "-", record.session?.resumeGatewayURL ?? "-",
            ]
        }
        return TextTable.text([["SHARD", "WORKER", "PHASE", "EPOCH", "SEQUENCE", "EVENT", "SESSION", "RESUME URL"]] + rows) + "\n"
    }

    private static func age(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        return "\((seconds * 10).rounded() / 10) s ago"
    }
}
