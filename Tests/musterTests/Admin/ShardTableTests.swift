import ClusterModel
import GatewayModel
import Testing

@testable import muster

@Suite("The table of shards")
struct ShardTableTests {
    @Test("shows what it takes to find and to resume a shard")
    func text() {
        let generation = Generation(rawValue: 1)
        let records = [
            ShardRecord(
                generation: generation, shard: ShardID(0), numShards: 10, intents: 1, epoch: AssignmentEpoch(rawValue: 4), worker: StableID(rawValue: "w1"),
                phase: .live, session: GatewaySession(sessionID: "abc", resumeGatewayURL: "wss://resume", sequence: 12), secondsSinceEvent: 1.26),
            ShardRecord(
                generation: generation, shard: ShardID(9), numShards: 10, intents: nil, epoch: AssignmentEpoch(rawValue: 0), worker: nil, phase: nil,
                session: nil),
        ]
        #expect(
            ShardTable(records: records).text == """
                SHARD  WORKER  PHASE  EPOCH  SEQUENCE  EVENT      SESSION  RESUME URL
                0/10   w1      live   4      12        1.3 s ago  abc      wss://resume
                9/10   -       -      0      -         -          -        -

                """)
        #expect(ShardTable(records: []).text == "no shards\n")
    }
}
