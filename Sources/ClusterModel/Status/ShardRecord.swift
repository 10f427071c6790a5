public import GatewayModel

/// One shard of a cluster as it is known outside its worker: enough to find it, and to RESUME it elsewhere.
///
/// Drawn from a coordinator's status, or from the store alone where no coordinator and no worker is left to ask.
public struct ShardRecord: Hashable, Codable, Sendable {
    public var generation: Generation
    /// In `0..<numShards`.
    public var shard: ShardID
    public var numShards: Int
    /// The intents' bits; `nil` where only the store was asked, which does not keep them.
    public var intents: UInt64?
    /// Of its newest assignment; 0 before the first.
    public var epoch: AssignmentEpoch
    /// Whose it is, or was when the store was last written; `nil`: nobody's.
    public var worker: StableID?
    /// As its worker reported it last; `nil` while nobody owns it, and where only the store was asked.
    public var phase: ShardPhase?
    /// `nil`: there is none, the shard will IDENTIFY.
    public var session: GatewaySession?
    /// Since the coordinator heard of a dispatch of it last, a renewal late at the most; `nil`: it never did, or only the store was asked.
    public var secondsSinceEvent: Double?

    public init(
        generation: Generation, shard: ShardID, numShards: Int, intents: UInt64?, epoch: AssignmentEpoch, worker: StableID?, phase: ShardPhase?,
        session: GatewaySession?, secondsSinceEvent: Double? = nil
    ) {
        self.generation = generation
        self.shard = shard
        self.numShards = numShards
        self.intents = intents
        self.epoch = epoch
        self.worker = worker
        self.phase = phase
        self.session = session
        self.secondsSinceEvent = secondsSinceEvent
    }
}

extension ClusterStatus {
    /// Every shard of the active set, by id.
    public var shardRecords: [ShardRecord] {
        guard let set = self.shardSet else { return [] }
        return self.shards.map {
            ShardRecord(
                generation: set.generation, shard: $0.shard, numShards: set.numShards, intents: set.intents, epoch: $0.epoch, worker: $0.owner,
                phase: $0.phase, session: $0.session, secondsSinceEvent: $0.secondsSinceEvent)
        }
    }
}

extension StoredCluster {
    /// Every shard of the active set, by id, as the store knows it.
    public var shardRecords: [ShardRecord] {
        guard let active = self.generations.first(where: { $0.generation == self.activeGeneration }) else { return [] }
        return self.shards.map {
            ShardRecord(
                generation: active.generation, shard: $0.key.shard, numShards: active.numShards, intents: nil, epoch: $0.epoch, worker: $0.owner, phase: nil,
                session: $0.session)
        }
    }
}
