import ClusterModel
import GatewayModel
import Testing

@Suite("Shard records")
struct ShardRecordTests {
    static let records: [ShardRecord] = [
        .init(
            generation: Generation(rawValue: 2), shard: ShardID(0), numShards: 3, intents: 513, epoch: AssignmentEpoch(rawValue: 4),
            worker: StableID(rawValue: "w1"), phase: .live, session: GatewaySession(sessionID: "a=b", resumeGatewayURL: "wss://resume", sequence: 9)),
        .init(
            generation: Generation(rawValue: 2), shard: ShardID(1), numShards: 3, intents: 513, epoch: AssignmentEpoch(rawValue: 1),
            worker: StableID(rawValue: "w2"), phase: .awaitingPermit, session: nil),
        .init(
            generation: Generation(rawValue: 2), shard: ShardID(2), numShards: 3, intents: 513, epoch: AssignmentEpoch(rawValue: 0), worker: nil, phase: nil,
            session: nil),
    ]

    @Test(
        "are chosen where all of any matcher holds",
        arguments: [
            ([], [0, 1, 2]), (["shard=1"], [1]), (["shard=1-2"], [1, 2]), (["worker=w1"], [0]), (["phase=live", "shard=2"], [0, 2]),
            (["worker=w2,phase=live"], []), (["worker=w2,phase=awaitingPermit"], [1]), (["session=a=b"], [0]), (["session=a", "shard=0-1,worker=w2"], [1]),
        ] as [([String], [Int])])
    func matching(_ texts: [String], _ expected: [Int]) throws {
        let matchers = try texts.map { try ShardRecordMatcher(parsing: $0) }
        #expect(Self.records.matching(matchers).map(\.shard.rawValue) == expected)
    }

    @Test(
        "are not chosen by what cannot be read",
        arguments: ["", "shard", "shard=", "shard=x", "shard=3-1", "shard=1-2-3", "shard=-1", "phase=Live", "id=3", "shard=1,"])
    func refused(_ text: String) {
        #expect(throws: OperatorMistake.self) { try ShardRecordMatcher(parsing: text) }
    }

    @Test("come from the store alone where nobody is left to ask: the active set's, without phases")
    func stored() {
        let session = GatewaySession(sessionID: "s", resumeGatewayURL: "wss://resume", sequence: 5)
        let generation = Generation(rawValue: 2)
        var cluster = StoredCluster(application: ApplicationID(rawValue: "1"))
        #expect(cluster.shardRecords.isEmpty)
        cluster.activeGeneration = generation
        cluster.generations = [
            StoredGeneration(generation: Generation(rawValue: 1), numShards: 1, phase: .retired),
            StoredGeneration(generation: generation, numShards: 2, phase: .active),
        ]
        cluster.shards = [
            StoredShard(
                key: ShardKey(generation: generation, shard: ShardID(0)), owner: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "i"),
                epoch: AssignmentEpoch(rawValue: 3), session: session)
        ]
        #expect(
            cluster.shardRecords == [
                ShardRecord(
                    generation: generation, shard: ShardID(0), numShards: 2, intents: nil, epoch: AssignmentEpoch(rawValue: 3),
                    worker: StableID(rawValue: "w1"), phase: nil, session: session)
            ])
    }
}
