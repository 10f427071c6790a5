import GatewayModel
import Testing

extension GroupMachine {
    /// For tests of what comes later: the machine takes the shard.
    mutating func attached(_ shard: ShardIdentity) {
        do {
            _ = try self.attachRequested(shard)
        } catch {
            Issue.record("\(shard) was not attached: \(error)")
        }
    }
}
