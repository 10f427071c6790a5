import ClusterModel
import GatewayModel
import Testing

@testable import LocalCluster

@Suite("View") struct ViewRendererTests {
    private func model(shards: Int, live: Int, workers: Int = 3) -> ViewModel {
        let names = (1...workers).map { "w\($0)" }
        let statuses = (0..<shards).map { index in
            ClusterStatus.ShardStatus(
                shard: ShardID(index), epoch: AssignmentEpoch(rawValue: 1), owner: StableID(rawValue: names[index % workers]),
                phase: index < live ? .live : .awaitingPermit, session: nil, problem: nil)
        }
        let queue = (live..<shards).map {
            ClusterStatus.IdentifyStatus.Waiter(shard: ShardID($0), rateLimitKey: 0, etaSeconds: Double($0 - live) * 5 + 0.5)
        }
        var model = ViewModel()
        model.phase = "running"
        model.elapsed = .seconds(75)
        model.age = .seconds(80)
        model.limit = .seconds(120)
        model.workers = names
        model.eventsPerSecond = 499.6
        model.eventsPerSecondByWorker = names.map { _ in 166.5 }
        model.resumed = 4
        model.identified = live
        model.cluster = ClusterStatus(
            application: ApplicationID(rawValue: "a"), coordinatorEpoch: CoordinatorEpoch(rawValue: 1), isolation: .hold, stopped: nil,
            store: .init(available: true, problem: nil, openCommits: 0, unwrittenSessions: 0), gateway: .init(info: nil, problem: nil),
            shardSet: .init(generation: Generation(rawValue: 1), numShards: shards, intents: 513, live: live, problem: nil),
            workers: names.map {
                .init(
                    stableID: StableID(rawValue: $0), incarnation: Incarnation(rawValue: "i"), connected: true, capacity: 32, shards: shards / workers,
                    leaseSecondsLeft: 9, eventsPerSecond: 1)
            },
            shards: statuses, identify: .init(queue: queue, blocked: nil),
            budget: .init(total: 1000, available: 934, usedInWindow: 16, floor: 50, floorOpenSeconds: nil), presence: nil, commands: .init(open: 0),
            counters: ClusterCounters())
        model.news = ["0:01 killed w2", "0:02 every shard is live again"]
        return model
    }

    @Test("it says who holds what, who waits, and what was lost") func content() {
        let text = ViewRenderer(width: 100, height: 30, colour: false).render(self.model(shards: 9, live: 7)).joined(separator: "\n")
        #expect(text.contains("running  1:15 of 2:00  live 7/9"))
        #expect(text.contains("w2   ●   3 shards   167/s  ●1 ●4 …7"))
        #expect(text.contains("2 wait, next in 1 s, all in 6 s"))
        #expect(text.contains("resumed 4  identified 7"))
        #expect(text.contains("lost 0  repeated 0"))
        #expect(text.hasSuffix("0:02 every shard is live again"))
    }

    @Test("it never grows beyond the window", arguments: [(80, 24), (40, 10), (120, 50), (20, 3), (1, 1)])
    func fits(width: Int, height: Int) {
        for shards in [1, 16, 64, 1000] {
            for workers in [1, 3, 40] {
                let lines = ViewRenderer(width: width, height: height, colour: false).render(self.model(shards: shards, live: shards, workers: workers))
                #expect(lines.count <= height)
                #expect(lines.allSatisfy { $0.count <= width })
            }
        }
    }

    @Test("colour changes nothing but the colour") func colour() {
        let plain = ViewRenderer(width: 60, height: 30, colour: false).render(self.model(shards: 64, live: 60))
        let coloured = ViewRenderer(width: 60, height: 30, colour: true).render(self.model(shards: 64, live: 60))
        #expect(coloured != plain)
        #expect(coloured.map { $0.replacing(/\u{1b}\[[0-9;]*m/, with: "") } == plain)
    }

    @Test("a line for an output that is no terminal") func plainLine() {
        #expect(
            self.model(shards: 9, live: 7).plainLine
                == "1:20 running: live 7/9, 500 events/s, due 0, accepted 0, lost 0, repeated 0, resumed 4, identified 7, kills 0, violations 0, identify queue 2 (6 s)"
        )
    }
}
