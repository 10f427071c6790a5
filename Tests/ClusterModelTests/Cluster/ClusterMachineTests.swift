import GatewayModel
import Testing

@testable import ClusterModel

@Suite("The leader") struct ClusterMachineTests {
    /// Four live shards on one worker, on stream 1.
    private func running(isolation: Isolation = .hold) -> Scenario {
        var scenario = Scenario(isolation: isolation)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        scenario.renew((0..<4).map { live($0) }, on: 1)
        _ = scenario.takeTold()
        return scenario
    }

    @Test("the first shard set is stored, then placed, then told") func firstStart() {
        var scenario = Scenario()
        scenario.hello("w1", incarnation: "a", on: 1)
        #expect(scenario.takeAssignments(on: 1).isEmpty, "it waits a second for other workers")
        scenario.hello("w2", incarnation: "b", on: 2)
        scenario.pass(.seconds(1))
        let told = scenario.takeTold()
        let assignments = told.compactMap { if case .assign(let assignment) = $0.1 { ($0.0.rawValue, assignment) } else { nil } }
        #expect(assignments.map(\.1.lease.key.shard.rawValue) == [0, 1, 2, 3])
        #expect(assignments.map(\.0) == [1, 1, 2, 2])
        #expect(assignments.allSatisfy { $0.1.numShards == 4 && $0.1.session == nil && $0.1.lease.epoch.rawValue == 1 })
        guard case .activateGeneration(let generation, 4, nil)? = scenario.writes.first(where: { if case .activateGeneration = $0 { true } else { false } })
        else {
            Issue.record("no generation was stored")
            return
        }
        #expect(generation.rawValue == 1)
    }

    @Test("Discord's recommendation is the count with `auto`") func autoCount() {
        var scenario = Scenario(shards: .auto)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(1))
        #expect(scenario.takeAssignments(on: 1).count == 4)
    }

    @Test("a renewal is acked at once, whatever the store does", arguments: [CommitOutcome.failed("away"), .unknown("away")])
    func ackWithoutStore(outcome: CommitOutcome) {
        var scenario = self.running()
        scenario.storeAnswer = outcome
        for _ in 0..<30 {
            scenario.pass(.seconds(1))
            scenario.renew((0..<4).map { live($0, sequence: 99) }, on: 1)
        }
        let told = scenario.takeTold()
        #expect(told.count { if case .ack = $0.1 { true } else { false } } == 30)
        #expect(told.allSatisfy { if case .ack = $0.1 { true } else { false } }, "nothing that runs is touched")
        #expect(scenario.machine.status(at: scenario.now).store.available == false)
        scenario.storeAnswer = .committed
        scenario.pass(.seconds(2))
        #expect(scenario.checkpoints.last?.count == 4, "everything catches up")
        #expect(scenario.machine.status(at: scenario.now).store.available)
    }

    @Test("a new incarnation gets its shards back at once, with their sessions and a higher epoch") func restartAtOnce() {
        var scenario = self.running()
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "a2", on: 2)
        scenario.renew([], on: 2)
        let assignments = scenario.takeAssignments(on: 2)
        #expect(assignments.count == 4)
        #expect(assignments.allSatisfy { $0.lease.epoch.rawValue == 2 && $0.session?.sequence == 10 && $0.incarnation.rawValue == "a2" })
    }

    @Test("a closed stream alone moves nothing; silence does, after 11.5 s") func silence() {
        var scenario = self.running()
        scenario.hello("w2", incarnation: "b", on: 2)
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        _ = scenario.takeTold()
        for _ in 0..<11 {
            scenario.pass(.seconds(1))
            scenario.renew([], on: 2)
        }
        #expect(scenario.takeAssignments(on: 2).isEmpty)
        scenario.pass(.milliseconds(600))
        #expect(scenario.takeAssignments(on: 2).map(\.lease.epoch.rawValue) == [2, 2, 2, 2])
    }

    @Test("under hold a lone worker that was cut off comes back to its own shards, and nothing moves") func loneWorkerUnderHold() {
        var scenario = self.running()
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.pass(.seconds(60))
        scenario.hello("w1", incarnation: "a", on: 2, held: (0..<4).map { live($0, sequence: 50) })
        scenario.pass(.seconds(3))
        #expect(scenario.takeAssignments(on: 2).isEmpty)
        #expect(scenario.machine.status(at: scenario.now).shardSet?.live == 4)
    }

    @Test("a goodbye hands the shards over at once, from the final sequences") func goodbye() {
        var scenario = self.running()
        scenario.hello("w2", incarnation: "b", on: 2)
        _ = scenario.takeTold()
        scenario.say(.goodbye((0..<4).map { live($0, sequence: 77) }, returning: false), on: 1)
        let assignments = scenario.takeAssignments(on: 2)
        #expect(assignments.count == 4)
        #expect(assignments.allSatisfy { $0.session?.sequence == 77 })
        #expect(scenario.checkpoints.last?.allSatisfy { $0.session?.sequence == 77 && $0.lease.epoch.rawValue == 1 } == true, "written before the epoch rises")
    }

    @Test("a goodbye that returns keeps the shards for 3 s") func goodbyeReturning() {
        var scenario = self.running()
        scenario.hello("w2", incarnation: "b", on: 2)
        _ = scenario.takeTold()
        scenario.say(.goodbye((0..<4).map { live($0) }, returning: true), on: 1)
        scenario.pass(.milliseconds(2_900))
        #expect(scenario.takeAssignments(on: 2).isEmpty)
        scenario.pass(.milliseconds(200))
        #expect(scenario.takeAssignments(on: 2).count == 4)
    }

    @Test("a worker that joins is given its share, one hand-off at a time") func join() {
        var scenario = self.running()
        scenario.hello("w2", incarnation: "b", on: 2)
        scenario.renew((0..<4).map { live($0) }, on: 1)
        scenario.pass(.seconds(1))
        let revoked = scenario.takeTold().compactMap { if case .revoke(let lease, .handOff) = $0.1 { lease } else { nil } }
        #expect(revoked.map(\.key.shard.rawValue) == [2])
        scenario.say(.revoked(ShardReport(lease: revoked[0], phase: .waiting, session: session("s1-2", 42))), on: 1)
        scenario.pass(.milliseconds(1))
        let assignments = scenario.takeAssignments(on: 2)
        #expect(assignments.map(\.lease.key.shard.rawValue) == [2])
        #expect(assignments.first?.session?.sequence == 42)
    }

    @Test("a permit is told only after its commit, and spends budget") func permit() {
        var scenario = Scenario()
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(1))
        scenario.renew((0..<4).map { ShardReport(lease: lease($0), phase: .awaitingPermit, session: nil) }, on: 1)
        let offers = scenario.takeTold().compactMap { if case .offer(let permit, let lease) = $0.1 { (permit, lease) } else { nil } }
        #expect(offers.map(\.1.key.shard.rawValue) == [0, 1, 2, 3])
        scenario.storeAnswer = .unknown("lost")
        scenario.say(.take(offers[0].0, stamp: scenario.now), on: 1)
        #expect(!scenario.takeTold().contains { if case .go = $0.1 { true } else { false } })
        #expect(scenario.machine.status(at: scenario.now).budget.usedInWindow == 1, "an unknown commit counts as spent")
        scenario.storeAnswer = .committed
        scenario.pass(.milliseconds(1_100))
        scenario.say(.take(offers[1].0, stamp: scenario.now), on: 1)
        #expect(scenario.takeTold().contains { $0.1 == .go(offers[1].0) })
        #expect(scenario.machine.status(at: scenario.now).budget.usedInWindow == 2)
    }

    @Test("at the floor nothing is offered, until an operator opens it") func floor() {
        var scenario = Scenario(remaining: 50)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(1))
        scenario.renew([ShardReport(lease: lease(0), phase: .awaitingPermit, session: nil)], on: 1)
        scenario.pass(.seconds(2))
        #expect(!scenario.takeTold().contains { if case .offer = $0.1 { true } else { false } })
        #expect(scenario.machine.status(at: scenario.now).identify.blocked?.contains("floor") == true)
        scenario.input(.request(RequestID(rawValue: 1), .openFloor(0, for: .seconds(600))))
        scenario.pass(.milliseconds(10))
        #expect(scenario.takeTold().contains { if case .offer = $0.1 { true } else { false } })
        #expect(scenario.writes.contains(.openFloor(0, for: .seconds(600))))
    }

    @Test("a report of a stale epoch is answered with a fence; of a retired set with its end; of an unknown set with a hand-off") func staleReports() {
        var scenario = self.running()
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "a2", on: 2)
        _ = scenario.takeTold()
        scenario.renew([live(0, epoch: 1), live(0, epoch: 1, generation: 0), live(0, epoch: 1, generation: 7)], on: 2)
        let revokes = scenario.takeTold().compactMap { if case .revoke(_, let mode) = $0.1 { mode } else { nil } }
        #expect(revokes == [.fence, .retire, .handOff])
    }

    @Test("a sequence never falls within a session; another session replaces it whole") func sequences() {
        var scenario = self.running()
        scenario.renew([live(0, sequence: 5)], on: 1)
        #expect(scenario.machine.status(at: scenario.now).shards[0].session?.sequence == 10)
        scenario.say(.shard(ShardReport(lease: lease(0), phase: .live, session: session("new", 1))), on: 1)
        #expect(scenario.machine.status(at: scenario.now).shards[0].session?.sequence == 1)
        #expect(scenario.checkpoints.last == [CheckpointRow(lease: lease(0), session: session("new", 1))], "a new session is written at once")
    }

    @Test("a restarted leader keeps every owner, closes nothing and assigns nothing") func restart() {
        let application = ApplicationID(rawValue: "app")
        let stored = StoredCluster(
            application: application, activeGeneration: Generation(rawValue: 1),
            generations: [StoredGeneration(generation: Generation(rawValue: 1), numShards: 4, phase: .active)],
            shards: (0..<4).map {
                StoredShard(
                    key: lease($0).key, owner: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "a"), epoch: AssignmentEpoch(rawValue: 1),
                    session: session("s1-\($0)", 3))
            }, workers: [StoredWorker(stableID: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "a"), capacity: 100)])
        var scenario = Scenario(restoring: stored, epoch: 2)
        scenario.pass(.seconds(2))
        scenario.hello("w1", incarnation: "a", on: 1, held: (0..<4).map { live($0) }, seen: 1)
        for _ in 0..<20 {
            scenario.pass(.seconds(1))
            scenario.renew((0..<4).map { live($0) }, on: 1)
        }
        #expect(scenario.takeTold().allSatisfy { if case .ack = $0.1 { true } else if case .welcome = $0.1 { true } else { false } })
        #expect(scenario.machine.status(at: scenario.now).shardSet?.live == 4)
    }

    @Test("shown a higher coordinator epoch, or refused by the store, it steps down") func deposed() {
        var scenario = self.running()
        scenario.hello("w2", incarnation: "b", on: 2, seen: 9)
        guard case .deposed? = scenario.ended else {
            Issue.record("did not step down")
            return
        }
        var other = self.running()
        other.storeAnswer = .deposed
        other.renew([live(0, sequence: 20)], on: 1)
        other.pass(.seconds(2))
        guard case .deposed? = other.ended else {
            Issue.record("did not step down")
            return
        }
    }

    @Test("another protocol version is refused, with how to mend it") func version() {
        var scenario = Scenario()
        scenario.hello("w1", incarnation: "a", on: 1, version: 99)
        guard case .refused(let text)? = scenario.takeTold().first?.1 else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("Fix:"))
        #expect(scenario.disconnected.map(\.rawValue) == [1])
    }

    @Test("a second process under the name of a live worker is turned away") func duplicateStableID() {
        var scenario = self.running()
        scenario.hello("w1", incarnation: "impostor", on: 2)
        #expect(scenario.disconnected.map(\.rawValue) == [2])
        #expect(scenario.takeAssignments(on: 2).isEmpty)
    }

    @Test("4004 stops the application and tells everyone; nothing is assigned after it") func authenticationFailed() {
        var scenario = self.running()
        scenario.say(.failed(lease(0), code: 4004), on: 1)
        #expect(scenario.takeTold().contains { if case .stopApplication = $0.1 { true } else { false } })
        scenario.say(.revoked(live(1)), on: 1)
        scenario.pass(.seconds(5))
        #expect(scenario.takeAssignments(on: 1).isEmpty)
        #expect(scenario.machine.status(at: scenario.now).stopped?.contains("4004") == true)
    }

    @Test("4011 re-shards to Discord's count with `auto`, and waits for the operator with a fixed one", arguments: [true, false])
    func shardingRequired(auto: Bool) {
        var scenario = Scenario(shards: auto ? .auto : .fixed(4))
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        scenario.renew((0..<4).map { live($0) }, on: 1)
        _ = scenario.takeTold()
        scenario.info.shards = 8
        scenario.say(.failed(lease(0), code: 4011), on: 1)
        scenario.pass(.seconds(2))
        let told = scenario.takeTold()
        let assigned = told.compactMap { if case .assign(let assignment) = $0.1 { assignment.lease } else { nil } }
        #expect(assigned.count == (auto ? 8 : 0))
        #expect(assigned.allSatisfy { $0.key.generation.rawValue == 2 })
        #expect(told.count { if case .revoke(_, .retire) = $0.1 { true } else { false } } == (auto ? 4 : 0))
        #expect((scenario.machine.status(at: scenario.now).shardSet?.problem == nil) == auto)
    }

    @Test("a re-shard checks the budget first, and without it changes nothing") func reshardBudget() {
        var scenario = self.running()
        scenario.info.remaining = 55
        scenario.input(.request(RequestID(rawValue: 1), .reshard(to: 6)))
        #expect(scenario.answers.count == 1)
        guard case .refused? = scenario.answers.first else {
            Issue.record("not refused")
            return
        }
        #expect(scenario.takeTold().isEmpty)
        scenario.info.remaining = 500
        scenario.pass(.seconds(2))
        scenario.input(.request(RequestID(rawValue: 2), .reshard(to: 6)))
        scenario.pass(.seconds(1))
        guard case .done? = scenario.answers.last else {
            Issue.record("not done")
            return
        }
        #expect(scenario.takeAssignments(on: 1).count == 6)
    }

    @Test("a leader that was frozen, or cut off from everybody, gives nothing away for that") func ownSilence() {
        var frozen = self.running()
        frozen.hello("w2", incarnation: "b", on: 2)
        _ = frozen.takeTold()
        frozen.now = frozen.now + .seconds(60)
        frozen.input(.tick)
        #expect(frozen.takeAssignments(on: 2).isEmpty)
        #expect(frozen.disconnected.isEmpty)
        var cutOff = self.running()
        cutOff.hello("w2", incarnation: "b", on: 2)
        cutOff.input(.closed(ConnectionID(rawValue: 1)))
        cutOff.input(.closed(ConnectionID(rawValue: 2)))
        cutOff.pass(.seconds(60))
        _ = cutOff.takeTold()
        cutOff.hello("w2", incarnation: "b", on: 3)
        cutOff.pass(.seconds(2))
        #expect(cutOff.takeAssignments(on: 3).isEmpty, "w1 has had no chance yet to come back to its shards")
    }

    @Test("after a refused IDENTIFY nothing is offered before Discord's count was read again") func readAgainAfterRefusal() {
        var scenario = Scenario()
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(1))
        scenario.renew([ShardReport(lease: lease(0), phase: .awaitingPermit, session: nil)], on: 1)
        let permit = scenario.takeTold().compactMap { if case .offer(let permit, _) = $0.1 { permit } else { nil } }[0]
        scenario.say(.take(permit, stamp: scenario.now), on: 1)
        scenario.info.remaining = 0
        let fetches = scenario.fetches
        scenario.say(.outcome(permit, .invalidSession), on: 1)
        scenario.pass(.seconds(10))
        #expect(scenario.fetches > fetches)
        #expect(!scenario.takeTold().contains { if case .offer = $0.1 { true } else { false } })
    }

    @Test("a re-shard whose commit ended without an answer is repeated until it has one, whatever the budget says meanwhile") func unknownReshard() {
        var scenario = self.running()
        scenario.storeAnswer = .unknown("lost")
        scenario.input(.request(RequestID(rawValue: 1), .reshard(to: 6)))
        #expect(scenario.answers.isEmpty)
        scenario.info.remaining = 0
        scenario.storeAnswer = .refused("generation 2 exists")
        scenario.pass(.seconds(3))
        #expect(scenario.machine.status(at: scenario.now).shardSet?.numShards == 6)
        guard case .done? = scenario.answers.last else {
            Issue.record("not done")
            return
        }
    }

    @Test("4011 with `auto` is looked at again until Discord recommends more") func shardingRequiredLater() {
        var scenario = Scenario(shards: .auto)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        scenario.renew((0..<4).map { live($0) }, on: 1)
        scenario.say(.failed(lease(0), code: 4011), on: 1)
        scenario.pass(.seconds(5))
        #expect(scenario.machine.status(at: scenario.now).shardSet?.numShards == 4)
        scenario.info.shards = 8
        for _ in 0..<70 {
            scenario.pass(.seconds(1))
            scenario.renew((1..<4).map { live($0) }, on: 1)
        }
        #expect(scenario.machine.status(at: scenario.now).shardSet?.numShards == 8)
    }

    /// In two steps: what the first one asks of Discord is answered within it.
    private static func hourPasses(_ scenario: inout Scenario) {
        for _ in 0..<2 {
            scenario.now = scenario.now + .seconds(1800)
            scenario.renew((0..<4).map { live($0) }, on: 1)
        }
    }

    @Test("D13: Discord's recommended number of shards is looked at each hour; a rise by half is told and shown, and gone after the re-shard")
    func recommendation() {
        var scenario = self.running()
        func hours(_ count: Int) {
            for _ in 0..<count { Self.hourPasses(&scenario) }
        }
        func problem() -> String? { scenario.machine.status(at: scenario.now).shardSet?.problem }
        let fetches = scenario.fetches
        scenario.info.shards = 5
        hours(2)
        #expect(scenario.fetches == fetches + 2 && problem() == nil)
        scenario.info.shards = 6
        hours(2)
        #expect(problem()?.contains("recommends 6 shards and the set has 4") == true)
        #expect(scenario.notes.count { $0 == "A re-shard is due" } == 1)
        scenario.input(.request(RequestID(rawValue: 1), .reshard(to: 6)))
        scenario.pass(.seconds(2))
        #expect(scenario.machine.status(at: scenario.now).shardSet?.numShards == 6 && problem()?.contains("recommends") != true)
    }

    @Test(
        "a look at the recommended number that fails stops nothing and is repeated after an hour, but for who needs the answer",
        arguments: [GatewayInfoFailure.unauthorized, .temporary("500")])
    func failedLook(failure: GatewayInfoFailure) {
        var scenario = self.running()
        scenario.fetchFailure = failure
        let fetches = scenario.fetches
        for _ in 0..<2 { Self.hourPasses(&scenario) }
        let status = scenario.machine.status(at: scenario.now)
        #expect(scenario.fetches == fetches + 2 && status.stopped == nil && status.gateway.problem == nil)
        scenario.renew([ShardReport(lease: lease(0), phase: .awaitingPermit, session: nil)] + (1..<4).map { live($0) }, on: 1)
        #expect(scenario.fetches == fetches + 3)
        #expect((scenario.machine.status(at: scenario.now).stopped != nil) == (failure == .unauthorized))
    }

    @Test("401 stops the application") func unauthorized() {
        var scenario = self.running()
        scenario.input(.gatewayInfoFailed(.unauthorized))
        #expect(scenario.machine.status(at: scenario.now).stopped != nil)
    }
}
