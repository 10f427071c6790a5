import ClusterModel
import GatewayModel

extension StoredPresence {
    /// - Parameters:
    ///   - shard: -1 for all.
    ///   - data: `d` of op 3, as JSON.
    init(shard: Int, revision: Int64, data: String) throws(UnreadableRow) {
        do {
            let presence = try Presence(payload: PayloadValue(json: [UInt8](data.utf8)))
            self.init(shard: shard < 0 ? nil : ShardID(shard), presence: presence, revision: PresenceRevision(rawValue: revision))
        } catch {
            throw UnreadableRow(reason: "the presence of shard \(shard) cannot be read: \(error)")
        }
    }
}

extension PlannedPresence {
    var storedData: String { String(decoding: self.presence.data.json, as: UTF8.self) }
}

extension PresenceScope {
    /// -1 for all.
    var storedShards: [Int] {
        switch self {
        case .all: [-1]
        case .shards(let shards): shards.map(\.rawValue)
        }
    }
}
