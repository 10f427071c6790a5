import ClusterModel
import GatewayClient
import GatewayModel

extension GatewayShardConfiguration {
    /// A shard as the coordinator gave it out, in the way that this worker runs shards.
    init(_ assignment: Assignment, _ settings: WorkerSettings, dialPacer: DialPacer) {
        self.init(
            shard: assignment.lease.key.shard, numShards: assignment.numShards, token: assignment.token, intents: assignment.intents,
            gatewayURL: assignment.gatewayURL, session: assignment.session, compression: settings.compression, properties: assignment.identify.properties,
            largeThreshold: assignment.identify.largeThreshold, presence: assignment.presence?.presence, trust: settings.trust, dialPacer: dialPacer)
        self.isFirstDialPaced = false
        // As many as the coordinator sends to one shard at a time, and its presence.
        self.limits.commands = CommandLimits(maxQueued: CommandBounds.perShard + 1)
    }
}
