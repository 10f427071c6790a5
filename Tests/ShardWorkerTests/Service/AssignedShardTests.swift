import ClusterModel
import GatewayClient
import GatewayModel
import Testing

@testable import ShardWorker

@Suite("A shard as it was assigned")
struct AssignedShardTests {
    @Test("D8: identifies as the coordinator says, over this worker's own compression and trust")
    func configuration() throws {
        var assignment = assignment(3, incarnation: Incarnation(rawValue: "i"), session: nil)
        assignment.identify = IdentifyOptions(largeThreshold: 250, properties: IdentifyProperties(os: "plan9", browser: "b", device: "d"))
        assignment.presence = PlannedPresence(Presence(status: .idle), revision: PresenceRevision(rawValue: 1))
        let settings = WorkerSettings(stableID: StableID(rawValue: "w1"), capacity: 8, compression: .zstdStream)
        let configuration = GatewayShardConfiguration(assignment, settings, dialPacer: DialPacer(perSecond: 1))
        #expect(configuration.shard == ShardID(3) && configuration.numShards == 4 && configuration.intents == 513)
        #expect(configuration.largeThreshold == 250 && configuration.properties == assignment.identify.properties)
        #expect(configuration.presence == Presence(status: .idle) && configuration.compression == .zstdStream)
        #expect(configuration.limits.commands.maxQueued == CommandBounds.perShard + 1 && !configuration.isFirstDialPaced)
        #expect(throws: Never.self) { try configuration.check() }
    }
}
