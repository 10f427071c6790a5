import GatewayModel
import Testing

@testable import ClusterModel

@Suite("A new process under the stable id of a worker whose stream is down")
struct ChallengerTests {
    enum Then: CaseIterable {
        case nothing, itsStreamCloses, knownReturns, itSpeaks, anotherSpeaks, leaseEnds, knownReturnsAfterAnother
    }

    /// `w1` runs four shards and lost its stream; a process that nobody knew says hello in its name. Who is told to run or to end what?
    @Test(
        "its hello alone frees nothing: it has to answer its welcome",
        arguments: [
            (Then.nothing, assigned: [:], fenced: 0, ended: []),
            (.itsStreamCloses, [:], 0, []),
            (.knownReturns, [:], 0, [4]),
            (.itSpeaks, [4: 4], 0, []),
            (.anotherSpeaks, [5: 4], 0, [4]),
            (.leaseEnds, [2: 4], 0, []),
            (.knownReturnsAfterAnother, [:], 0, [4, 5]),
        ] as [(Then, assigned: [Int: Int], fenced: Int, ended: [Int])])
    func helloAlone(_ then: Then, assigned: [Int: Int], fenced: Int, ended: [Int]) {
        var scenario = self.orphaned()
        scenario.hello("w1", incarnation: "unknown", on: 4)
        scenario.pass(.milliseconds(100))
        switch then {
        case .nothing: break
        case .itsStreamCloses: scenario.input(.closed(ConnectionID(rawValue: 4)))
        case .knownReturns: scenario.hello("w1", incarnation: "a", on: 6, held: (0..<4).map { live($0) })
        case .itSpeaks: scenario.renew([], on: 4)
        case .anotherSpeaks:
            scenario.hello("w1", incarnation: "third", on: 5)
            scenario.renew([], on: 4)
            scenario.renew([], on: 5)
        case .leaseEnds:
            for _ in 0..<12 {
                scenario.pass(.seconds(1))
                scenario.renew([], on: 2)
            }
        case .knownReturnsAfterAnother:
            scenario.hello("w1", incarnation: "third", on: 5)
            scenario.hello("w1", incarnation: "a", on: 6, held: (0..<4).map { live($0) })
        }
        scenario.pass(.milliseconds(500))
        var leases: [Int: Set<ShardLease>] = [:]
        var fences = 0
        for (connection, message) in scenario.takeTold() {
            switch message {
            case .assign(let assignment): leases[connection.rawValue, default: []].insert(assignment.lease)
            case .revoke: fences += 1
            default: break
            }
        }
        #expect(leases.mapValues(\.count) == assigned)
        #expect(fences == fenced)
        #expect(scenario.disconnected.map(\.rawValue) == ended)
    }

    @Test("it is welcomed, and what it says first takes the place of the known one, with every session") func promoted() {
        var scenario = self.orphaned()
        scenario.hello("w1", incarnation: "new", on: 4, capacity: 7)
        #expect(self.welcomes(&scenario) == [4])
        #expect(scenario.machine.status(at: scenario.now).workers.first { $0.stableID.rawValue == "w1" }?.incarnation.rawValue == "a")
        #expect(scenario.machine.status(at: scenario.now).workers.first { $0.stableID.rawValue == "w1" }?.connected == false)
        scenario.renew([], on: 4)
        let told = scenario.takeTold()
        #expect(!told.contains { if case .welcome = $0.1 { true } else { false } })
        #expect(told.contains { if $0.0.rawValue == 4, case .ack(scenario.now, _, _) = $0.1 { true } else { false } })
        let assigned = told.compactMap { if $0.0.rawValue == 4, case .assign(let assignment) = $0.1 { assignment } else { nil } }
        #expect(assigned.map(\.session?.sessionID) == (0..<4).map { "s1-\($0)" })
        let status = scenario.machine.status(at: scenario.now).workers.first { $0.stableID.rawValue == "w1" }
        #expect(status?.incarnation.rawValue == "new" && status?.connected == true && status?.capacity == 7)
        #expect(scenario.writes.contains { if case .saveWorker(let worker) = $0 { worker.incarnation.rawValue == "new" } else { false } })
        // Whoever it replaced has ended, and so has all that still arrives from it.
        scenario.input(.closed(ConnectionID(rawValue: 4)))
        scenario.hello("w1", incarnation: "a", on: 5, held: (0..<4).map { live($0) })
        #expect(scenario.disconnected.map(\.rawValue) == [5])
    }

    @Test("it is given nothing that becomes free before it spoke") func notPlaced() {
        var scenario = self.orphaned()
        scenario.hello("w1", incarnation: "unknown", on: 4)
        for _ in 0..<40 {
            scenario.pass(.seconds(1))
            scenario.renew([], on: 2)
        }
        let leases = scenario.takeTold().compactMap { (to, message) -> Int? in if case .assign = message { to.rawValue } else { nil } }
        #expect(Set(leases) == [2])
        scenario.renew([], on: 4)
        #expect(scenario.machine.status(at: scenario.now).workers.first { $0.stableID.rawValue == "w1" }?.connected == true)
    }

    @Test("it also has to answer a leader that took over, and knows the other one from the store only") func afterTakeover() {
        var stored = StoredCluster(application: ApplicationID(rawValue: "app"))
        stored.generations = [StoredGeneration(generation: Generation(rawValue: 1), numShards: 4, phase: .active)]
        stored.activeGeneration = Generation(rawValue: 1)
        stored.workers = [StoredWorker(stableID: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "a"), capacity: 100)]
        stored.shards = (0..<4).map {
            StoredShard(
                key: lease($0).key, owner: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "a"), epoch: AssignmentEpoch(rawValue: 1),
                session: session("s1-\($0)", 10))
        }
        var scenario = Scenario(restoring: stored, epoch: 2)
        scenario.hello("w1", incarnation: "unknown", on: 1)
        scenario.pass(.seconds(2))
        #expect(scenario.takeAssignments(on: 1).isEmpty)
        var other = scenario
        scenario.renew([], on: 1)
        #expect(scenario.takeAssignments(on: 1).map(\.session?.sessionID) == (0..<4).map { "s1-\($0)" })
        other.hello("w1", incarnation: "a", on: 2, held: (0..<4).map { live($0) })
        #expect(other.disconnected.map(\.rawValue) == [1])
        #expect(other.machine.status(at: other.now).shardSet?.live == 4)
    }

    @Test("one whose own stream broke is heard on its next one; an older hello of it changes nothing") func returns() {
        var scenario = self.orphaned()
        let early = WorkerHello(
            protocolVersion: controlProtocolVersion, stableID: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "new"), capacity: 100,
            highestCoordinatorEpoch: CoordinatorEpoch(rawValue: 1), held: [], stamp: scenario.now)
        scenario.pass(.milliseconds(100))
        scenario.hello("w1", incarnation: "new", on: 4)
        scenario.pass(.milliseconds(100))
        scenario.hello("w1", incarnation: "new", on: 5)
        scenario.input(.message(ConnectionID(rawValue: 6), .hello(early)))
        #expect(scenario.disconnected.map(\.rawValue) == [4, 6])
        scenario.renew([], on: 5)
        #expect(scenario.takeAssignments(on: 5).count == 4)
    }

    @Test("turned away by the known one's return, it is heard again once that one's stream has closed") func turnedAway() {
        var scenario = self.orphaned()
        scenario.hello("w1", incarnation: "new", on: 4)
        // A late one too: its process has ended.
        scenario.hello("w1", incarnation: "a", on: 5, held: (0..<4).map { live($0) })
        scenario.input(.closed(ConnectionID(rawValue: 5)))
        scenario.hello("w1", incarnation: "new", on: 6)
        scenario.renew([], on: 6)
        #expect(scenario.disconnected.map(\.rawValue) == [4])
        #expect(scenario.takeAssignments(on: 6).count == 4)
    }

    @Test("what it holds, and no longer may, it is told to end before it may dial") func fencedFirst() {
        var scenario = self.orphaned()
        scenario.hello("w1", incarnation: "new", on: 4)
        scenario.renew([], on: 4)
        scenario.input(.closed(ConnectionID(rawValue: 4)))
        _ = scenario.takeTold()
        scenario.hello("w1", incarnation: "lost", on: 5, held: (0..<2).map { live($0) })
        let order = scenario.takeTold().filter { $0.0.rawValue == 5 }.map { message -> String in
            switch message.1 {
            case .revoke(_, .fence): "fence"
            case .welcome: "welcome"
            default: "other"
            }
        }
        #expect(order == ["fence", "fence", "welcome"])
    }

    @Test("under hold a lone worker that was cut off comes back to its own shards, whoever said hello in its name meanwhile") func loneWorkerUnderHold() {
        var scenario = Scenario(isolation: .hold)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        for shard in 0..<4 { scenario.say(.shard(live(shard)), on: 1) }
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.pass(.seconds(60))
        scenario.hello("w1", incarnation: "unknown", on: 2)
        scenario.pass(.seconds(1))
        _ = scenario.takeTold()
        scenario.hello("w1", incarnation: "a", on: 3, held: (0..<4).map { live($0, sequence: 50) })
        scenario.pass(.seconds(1))
        #expect(!scenario.takeTold().contains { if case .revoke = $0.1 { true } else { false } })
        #expect(scenario.machine.status(at: scenario.now).shardSet?.live == 4)
    }

    @Test("a command that the known one has is answered once the new one spoke, and not before") func command() {
        var scenario = Scenario(isolation: .fence)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        for shard in 0..<4 { scenario.say(.shard(live(shard)), on: 1) }
        let request = CommandRequest(.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(1 << 22), channelID: nil)))
        scenario.input(.request(RequestID(rawValue: 1), .command(request)))
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "new", on: 4)
        #expect(scenario.answers.isEmpty)
        scenario.renew([], on: 4)
        #expect(scenario.answers.count == 1)
    }

    /// `w1` (`a`) runs four shards and has just lost its stream, `w2` runs none.
    private func orphaned() -> Scenario {
        var scenario = Scenario(isolation: .fence)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        for shard in 0..<4 { scenario.say(.shard(live(shard)), on: 1) }
        scenario.hello("w2", incarnation: "b", on: 2, capacity: 4)
        scenario.renew([], on: 2)
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        _ = scenario.takeTold()
        return scenario
    }

    private func welcomes(_ scenario: inout Scenario) -> [Int] {
        scenario.takeTold().compactMap { if case .welcome = $0.1 { $0.0.rawValue } else { nil } }
    }
}
