import GatewayModel

/// Which presence each shard is to show: one for all, and others for single shards of the present set.
struct PresencePlan: Hashable, Sendable {
    private(set) var all: PlannedPresence?
    private(set) var overrides: [ShardID: PlannedPresence] = [:]

    init() {}

    init(restoring stored: [StoredPresence]) {
        for row in stored {
            let planned = PlannedPresence(row.presence, revision: row.revision)
            if let shard = row.shard { self.overrides[shard] = planned } else { self.all = planned }
        }
    }

    /// The highest in force; `none` where nothing is planned.
    var revision: PresenceRevision {
        max(self.all?.revision ?? .none, self.overrides.values.map(\.revision).max() ?? .none)
    }

    /// `nil`: Discord's own choice, which is online.
    subscript(shard: ShardID) -> PlannedPresence? {
        self.overrides[shard] ?? self.all
    }

    mutating func set(_ planned: PlannedPresence, for scope: PresenceScope) {
        switch scope {
        case .all:
            self.all = planned
            self.overrides = [:]
        case .shards(let shards):
            for shard in shards { self.overrides[shard] = planned }
        }
    }

    /// The numbers of a shard set mean other guilds than those of the one before it.
    mutating func shardSetReplaced() {
        self.overrides = [:]
    }
}
