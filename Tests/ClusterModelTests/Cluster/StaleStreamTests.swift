import GatewayModel
import Testing

@testable import ClusterModel

@Suite("What arrives late on a stream that its worker has left")
struct StaleStreamTests {
    @Test("a worker that comes back is told what is no longer its own before it may dial") func revokedBeforeWelcome() {
        var scenario = self.two()
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        for _ in 0..<12 {
            scenario.pass(.seconds(1))
            scenario.renew([], on: 2)
        }
        #expect(Set(scenario.takeAssignments(on: 2).map(\.lease)).count == 4)
        scenario.hello("w1", incarnation: "a", on: 3, held: (0..<4).map { live($0) })
        let order = scenario.takeTold().filter { $0.0.rawValue == 3 }.map { message -> String in
            switch message.1 {
            case .revoke(_, .fence): "fence"
            case .welcome: "welcome"
            default: "other"
            }
        }
        #expect(order.prefix(5) == ["fence", "fence", "fence", "fence", "welcome"])
    }

    @Test("a hello that is older than a later stream's is turned away, and frees nothing") func lateHello() {
        var scenario = self.two()
        let early = WorkerHello(
            protocolVersion: controlProtocolVersion, stableID: StableID(rawValue: "w1"), incarnation: Incarnation(rawValue: "a"), capacity: 100,
            highestCoordinatorEpoch: CoordinatorEpoch(rawValue: 1), held: [], stamp: scenario.now)
        scenario.pass(.milliseconds(500))
        scenario.hello("w1", incarnation: "a", on: 3, held: (0..<4).map { live($0) })
        _ = scenario.takeTold()
        scenario.input(.message(ConnectionID(rawValue: 4), .hello(early)))
        scenario.pass(.milliseconds(500))
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 4))
        #expect(scenario.takeTold().filter { if case .assign = $0.1 { true } else { false } }.isEmpty)
        #expect(scenario.machine.status(at: scenario.now).shardSet?.live == 4)
    }

    @Test("a hello of an incarnation that was replaced is turned away, however late") func lateHelloOfTheDead() {
        var scenario = self.two()
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "a2", on: 3)
        scenario.renew([], on: 3)
        #expect(scenario.takeAssignments(on: 3).count == 4)
        scenario.pass(.seconds(5))
        scenario.hello("w1", incarnation: "a", on: 4, held: (0..<4).map { live($0) })
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 4))
        #expect(scenario.takeTold().filter { if case .assign = $0.1 { true } else { false } }.isEmpty)
    }

    @Test("a hello of a process that nobody knew is turned away while the known one's stream is open and its lease runs") func lateHelloOfTheUnknown() {
        var scenario = self.two()
        scenario.pass(.seconds(9))
        scenario.hello("w1", incarnation: "older", on: 4)
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 4))
        #expect(scenario.takeTold().filter { if case .assign = $0.1 { true } else { false } }.isEmpty)
    }

    @Test("a hello of a dead process that arrives after its successor's does not keep the successor out") func successorReturns() {
        var scenario = self.two()
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "new", on: 3)
        scenario.input(.closed(ConnectionID(rawValue: 3)))
        scenario.hello("w1", incarnation: "dead", on: 4)
        scenario.input(.closed(ConnectionID(rawValue: 4)))
        _ = scenario.takeTold()
        scenario.pass(.milliseconds(100))
        scenario.hello("w1", incarnation: "new", on: 5)
        scenario.renew([], on: 5)
        #expect(!scenario.disconnected.contains(ConnectionID(rawValue: 5)))
        #expect(scenario.takeAssignments(on: 5).count == 4)
        // Nor later, when it comes back once more.
        scenario.input(.closed(ConnectionID(rawValue: 5)))
        scenario.hello("w1", incarnation: "new", on: 6)
        #expect(!scenario.disconnected.contains(ConnectionID(rawValue: 6)))
        scenario.renew([], on: 6)
        scenario.hello("w1", incarnation: "dead", on: 7)
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 7))
    }

    @Test("a hello of one that was turned away does not take the shards of who came after it") func lateHelloOfOneTurnedAway() {
        var scenario = self.two()
        scenario.hello("w1", incarnation: "between", on: 3)
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 3))
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "new", on: 4)
        scenario.renew([], on: 4)
        #expect(scenario.takeAssignments(on: 4).count == 4)
        scenario.say(.shard(live(0, epoch: 2)), on: 4)
        scenario.input(.closed(ConnectionID(rawValue: 4)))
        scenario.hello("w1", incarnation: "between", on: 5)
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 5))
        #expect(scenario.takeTold().filter { if case .assign = $0.1 { true } else { false } }.isEmpty)
        scenario.hello("w1", incarnation: "new", on: 6)
        #expect(!scenario.disconnected.contains(ConnectionID(rawValue: 6)))
    }

    @Test("one that was turned away is let in when the other has ended") func turnedAwayReturns() {
        var scenario = self.two()
        scenario.hello("w1", incarnation: "next", on: 3)
        #expect(scenario.disconnected.last == ConnectionID(rawValue: 3))
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("w1", incarnation: "next", on: 4)
        scenario.renew([], on: 4)
        #expect(scenario.takeAssignments(on: 4).count == 4)
        scenario.input(.closed(ConnectionID(rawValue: 4)))
        scenario.hello("w1", incarnation: "next", on: 5)
        #expect(!scenario.disconnected.contains(ConnectionID(rawValue: 5)))
    }

    /// `w1` runs four shards, `w2` none.
    private func two() -> Scenario {
        var scenario = Scenario()
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        for shard in 0..<4 { scenario.say(.shard(live(shard)), on: 1) }
        scenario.hello("w2", incarnation: "b", on: 2, capacity: 4)
        _ = scenario.takeTold()
        return scenario
    }
}
