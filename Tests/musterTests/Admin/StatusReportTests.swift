import ClusterModel
import GatewayModel
import Testing

@testable import muster

@Suite("The status report")
struct StatusReportTests {
    @Test("shows what an operator asks first, and nothing that is not there")
    func text() {
        var counters = ClusterCounters()
        counters.resumed = 3
        var status = ClusterStatus(
            application: ApplicationID(rawValue: "42"), coordinatorEpoch: CoordinatorEpoch(rawValue: 7), isolation: .hold, stopped: "close 4004",
            store: .init(available: false, problem: "refused", openCommits: 2, unwrittenSessions: 1), gateway: .init(info: nil, problem: "HTTP 500"),
            shardSet: .init(generation: Generation(rawValue: 1), numShards: 2, intents: 513, live: 1, problem: nil),
            workers: [
                .init(
                    stableID: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "i"), connected: false, capacity: 32, shards: 1,
                    leaseSecondsLeft: 3.25,
                    eventsPerSecond: 99.6)
            ],
            shards: [
                .init(
                    shard: ShardID(0), epoch: AssignmentEpoch(rawValue: 4), owner: StableID(rawValue: "w1"), phase: .live,
                    session: GatewaySession(sessionID: "s", resumeGatewayURL: "wss://resume", sequence: 12), problem: nil),
                .init(shard: ShardID(1), epoch: AssignmentEpoch(rawValue: 0), owner: nil, phase: nil, session: nil, problem: nil),
            ], identify: .init(queue: [.init(shard: ShardID(1), rateLimitKey: 0, etaSeconds: 4)], blocked: "budget"),
            budget: .init(total: 1000, available: 940, usedInWindow: 10, floor: 50, floorOpenSeconds: nil), presence: nil, commands: .init(open: 0),
            counters: counters)
        #expect(
            StatusReport(status: status).text == """
                application  42
                STOPPED      close 4004
                shards       1 of 2 live, generation 1
                coordinator  epoch 7, isolation hold
                store        UNAVAILABLE: refused (2 transactions open, 1 sessions unwritten)
                gateway      PROBLEM: HTTP 500
                budget       940 of 1000 session starts above the floor of 50, 10 used
                since start  3 resumed, 0 identified, 0 permits, 0 sessions lost, 0 workers lost

                WORKER  STATE  SHARDS  LEASE  EVENTS/S
                w1      AWAY   1/32    3.3 s  100

                SHARD  WORKER  PHASE       EPOCH  SEQUENCE
                0      w1      live        4      12
                1      -       unassigned  0      -

                no IDENTIFY at present: budget
                WAITING  KEY  ETA
                1        0    4.0 s

                """)
        status.presence = .init(revision: PresenceRevision(rawValue: 3), unstored: 0, showing: 1)
        status.commands.open = 2
        #expect(StatusReport(status: status).text.contains("presence     revision 3, shown by 1 of 1 live shards\n"))
        #expect(StatusReport(status: status).text.contains("commands     2 open, 0 sent, 0 failed\n"))
        status.presence?.unstored = 2
        #expect(StatusReport(status: status).text.contains("live shards; 2 more to store\n"))
    }
}
