import GatewayModel
import Testing

@testable import ClusterModel

@Suite("The leader: presences, commands, dials") struct ClusterCommandTests {
    /// Worker "a" on stream 1 holds all four shards, and all are live.
    private static func running(restoring stored: StoredCluster? = nil) -> Scenario {
        var scenario = Scenario(restoring: stored)
        scenario.hello("a", incarnation: "a1", on: 1)
        scenario.pass(.seconds(2))
        let epochs = scenario.takeAssignments(on: 1).map { ($0.lease.key.shard.rawValue, $0.lease.epoch.rawValue) }
        scenario.renew(epochs.map { live($0.0, epoch: $0.1) }, on: 1)
        _ = scenario.takeTold()
        return scenario
    }

    private static func reports(_ revision: Int64, shards: Range<Int> = 0..<4) -> [ShardReport] {
        shards.map { shard in
            var report = live(shard)
            report.presence = PresenceRevision(rawValue: revision)
            return report
        }
    }

    private static func presences(_ told: [(ConnectionID, CoordinatorMessage)]) -> [String] {
        told.compactMap { if case .presence(let lease, let planned) = $0.1 { "\(lease.key.shard): \(planned.revision)" } else { nil } }
    }

    private static func tickets(_ told: [(ConnectionID, CoordinatorMessage)]) -> [CommandTicket] {
        told.compactMap { if case .command(let ticket, _, _, _) = $0.1 { ticket } else { nil } }
    }

    private static let game = Presence(activities: [.playing("chess")])
    private static let request = OperatorRequest.command(
        CommandRequest(.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(1 << 22), channelID: nil)), within: .seconds(20)))

    private static func ask(_ request: OperatorRequest, _ scenario: inout Scenario, id: Int = 1) {
        scenario.input(.request(RequestID(rawValue: id), request))
    }

    @Test("D19: a presence is stored, then told, and told again to a live shard that shows another one, but not at every turn")
    func presence() {
        var scenario = Self.running()
        Self.ask(.presence(Self.game, .all), &scenario)
        #expect(scenario.answers == [.done("presence 1 is stored; the shards follow as Discord's limits allow")])
        #expect(scenario.writes.contains(.setPresence(PlannedPresence(Self.game, revision: PresenceRevision(rawValue: 1)), .all)))
        #expect(Self.presences(scenario.takeTold()) == ["0: 1", "1: 1", "2: 1", "3: 1"])
        scenario.pass(.seconds(4))
        scenario.renew(Self.reports(0), on: 1)
        #expect(Self.presences(scenario.takeTold()) == [])
        scenario.pass(.seconds(1))
        scenario.renew(Self.reports(1, shards: 0..<3) + Self.reports(0, shards: 3..<4), on: 1)
        #expect(Self.presences(scenario.takeTold()) == ["3: 1"])
        var waiting = Self.reports(0, shards: 3..<4)
        waiting[0].phase = .awaitingPermit
        scenario.pass(.seconds(6))
        scenario.renew(Self.reports(1, shards: 0..<3) + waiting, on: 1)
        #expect(Self.presences(scenario.takeTold()) == [], "it begins its session with it")
    }

    @Test("D19: of presences in quick succession a shard is told the first, and a second later the last: they do not fill its worker's stream") func quick() {
        var scenario = Self.running()
        for id in 1...20 { Self.ask(.presence(Presence(since: Int64(id)), .all), &scenario, id: id) }
        #expect(scenario.answers.count == 20)
        #expect(Self.presences(scenario.takeTold()) == ["0: 1", "1: 1", "2: 1", "3: 1"])
        scenario.pass(.seconds(1))
        scenario.renew(Self.reports(1), on: 1)
        #expect(Self.presences(scenario.takeTold()) == ["0: 20", "1: 20", "2: 20", "3: 20"])
        scenario.pass(.seconds(1))
        scenario.renew(Self.reports(1), on: 1)
        #expect(Self.presences(scenario.takeTold()) == [], "it was told that one")
    }

    @Test("D19: single shards have their own, an assignment carries it, and a session that shows it is not told again")
    func carried() {
        var scenario = Self.running()
        Self.ask(.presence(Self.game, .all), &scenario)
        Self.ask(.presence(Presence(status: .idle), .shards([ShardID(2)])), &scenario, id: 2)
        scenario.renew(Self.reports(1), on: 1)
        scenario.hello("b", incarnation: "b1", on: 2)
        _ = scenario.takeTold()
        // Handed off with what it surely shows; the other one dies, and nobody knows.
        var final = Self.reports(1)
        final[2].presence = PresenceRevision(rawValue: 2)
        scenario.say(.revoked(final[0]), on: 1)
        scenario.say(.revoked(final[2]), on: 1)
        scenario.pass(.milliseconds(100))
        let moved = scenario.takeTold().compactMap { if case .assign(let assignment) = $0.1 { assignment } else { nil } }.sorted { $0.lease < $1.lease }
        #expect(moved.map(\.lease.key.shard.rawValue) == [0, 2])
        #expect(moved.map { $0.presence?.revision.rawValue } == [1, 2] && moved.allSatisfy(\.isPresenceShown))
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.hello("a", incarnation: "a2", on: 3)
        scenario.renew([], on: 3)
        scenario.pass(.seconds(1))
        let restarted = scenario.takeTold().compactMap { if case .assign(let assignment) = $0.1 { assignment } else { nil } }
        #expect(restarted.contains { $0.lease.key.shard == ShardID(1) })
        #expect(restarted.allSatisfy { $0.presence?.revision.rawValue == ($0.lease.key.shard == ShardID(2) ? 2 : 1) && !$0.isPresenceShown })
    }

    @Test("D19: a presence outlives its coordinator, and the next one numbers on") func restored() {
        var stored = StoredCluster(application: ApplicationID(rawValue: "app"))
        stored.presences = [StoredPresence(shard: nil, presence: Self.game, revision: PresenceRevision(rawValue: 9))]
        var scenario = Scenario(restoring: stored)
        scenario.hello("a", incarnation: "a1", on: 1)
        scenario.pass(.seconds(2))
        let assignments = scenario.takeAssignments(on: 1)
        #expect(assignments.count == 4 && assignments.allSatisfy { $0.presence == PlannedPresence(Self.game, revision: PresenceRevision(rawValue: 9)) })
        Self.ask(.presence(Presence(), .all), &scenario)
        #expect(scenario.writes.contains(.setPresence(PlannedPresence(Presence(), revision: PresenceRevision(rawValue: 10)), .all)))
    }

    @Test("nothing is told of a presence that was not stored", arguments: [CommitOutcome.failed("away"), .refused("no")])
    func notStored(outcome: CommitOutcome) {
        var scenario = Self.running()
        scenario.storeAnswer = outcome
        Self.ask(.presence(Self.game, .all), &scenario)
        guard case .refused(let why)? = scenario.answers.first else {
            Issue.record("\(scenario.answers)")
            return
        }
        #expect(why.contains("Fix:"))
        #expect(Self.presences(scenario.takeTold()) == [])
    }

    @Test("D19: a store that does not know whether it wrote a presence is asked again, and a later presence waits for that") func unknown() {
        var scenario = Self.running()
        scenario.storeAnswer = .unknown("lost")
        Self.ask(.presence(Self.game, .all), &scenario)
        scenario.pass(.milliseconds(1_100))
        scenario.storeAnswer = .failed("away")
        scenario.pass(.milliseconds(1_100))
        #expect(scenario.answers == [] && Self.presences(scenario.takeTold()) == [])
        scenario.storeAnswer = .committed
        scenario.pass(.seconds(2))
        Self.ask(.presence(Presence(status: .idle), .all), &scenario, id: 2)
        #expect(Self.presences(scenario.takeTold()) == ["0: 1", "1: 1", "2: 1", "3: 1", "0: 2", "1: 2", "2: 2", "3: 2"])
        #expect(scenario.answers.count == 2)
        #expect(scenario.answers.allSatisfy { if case .done = $0 { true } else { false } })
    }

    @Test(
        "a presence that cannot be is refused with a fix",
        arguments: [
            (Presence(activities: [Activity(name: "")]), PresenceScope.all), (Presence(), .shards([])), (Presence(), .shards([ShardID(4)])),
            (Presence(), .shards([ShardID(1), ShardID(1)])), (Presence(activities: [.custom(String(repeating: "x", count: 2048))]), .all),
        ])
    func refusedPresence(presence: Presence, scope: PresenceScope) {
        var scenario = Self.running()
        Self.ask(.presence(presence, scope), &scenario)
        guard case .refused(let why)? = scenario.answers.first, scenario.answers.count == 1 else {
            Issue.record("\(scenario.answers)")
            return
        }
        #expect(why.contains("Fix:"))
        #expect(!scenario.writes.contains { if case .setPresence = $0 { true } else { false } })
    }

    @Test("D19: a re-shard keeps the presence for all, and forgets those of single shards with the same commit") func reshard() {
        var scenario = Self.running()
        Self.ask(.presence(Self.game, .all), &scenario)
        Self.ask(.presence(Presence(status: .idle), .shards([ShardID(2)])), &scenario, id: 2)
        Self.ask(.reshard(to: 3), &scenario, id: 3)
        scenario.pass(.seconds(2))
        #expect(scenario.writes.contains(.forgetShardPresences))
        let assignments = scenario.takeAssignments(on: 1).filter { $0.lease.key.generation.rawValue == 2 }
        #expect(assignments.count == 3 && assignments.allSatisfy { $0.presence?.revision.rawValue == 1 })
    }

    @Test(
        "D19: a presence of single shards that comes while a re-shard is stored is none of the new set's",
        arguments: [CommitOutcome.committed, .unknown("lost"), .failed("away")])
    func duringReshard(outcome: CommitOutcome) throws {
        var scenario = Self.running()
        _ = scenario.machine.handle(.request(RequestID(rawValue: 1), .reshard(to: 3)), at: scenario.now)
        var reshard = try #require(Self.commit(scenario.machine.handle(.gatewayInfo(scenario.info), at: scenario.now)))
        #expect(reshard.writes.contains(.forgetShardPresences))
        let idle = OperatorRequest.presence(Presence(status: .idle), .shards([ShardID(2)]))
        let asked = scenario.machine.handle(.request(RequestID(rawValue: 2), idle), at: scenario.now)
        #expect(asked.isEmpty, "whether it is for the shards that it meant is open: \(asked)")
        if outcome != .committed {
            _ = scenario.machine.handle(.commitEnded(reshard.id, outcome), at: scenario.now)
            scenario.now = scenario.now + .milliseconds(1_100)
            reshard = try #require(Self.commit(scenario.machine.handle(.tick, at: scenario.now)))
            #expect(reshard.writes.contains(.forgetShardPresences))
        }
        let effects = scenario.machine.handle(.commitEnded(reshard.id, .committed), at: scenario.now)
        #expect(
            effects.contains {
                if case .answer(RequestID(rawValue: 2), .refused(let why)) = $0 { why.contains("a re-shard replaced the set") } else { false }
            }, "\(effects)")
        #expect(!effects.contains { if case .commit(_, let writes) = $0 { writes.contains { $0.isPresence } } else { false } })
    }

    private static func commit(_ effects: [ClusterEffect]) -> (id: CommitID, writes: [StoreWrite])? {
        for effect in effects { if case .commit(let id, let writes) = effect { return (id, writes) } }
        return nil
    }

    @Test("D24: a command goes to the worker of its guild's shard, and its answer comes back") func command() {
        var scenario = Self.running()
        Self.ask(Self.request, &scenario)
        let told = scenario.takeTold()
        guard case .command(let ticket, lease(1), _, .seconds(20))? = told.first?.1, told.count == 1 else {
            Issue.record("\(told)")
            return
        }
        scenario.say(.commandEnded(ticket, .sent), on: 1)
        #expect(scenario.answers == [.done("sent over shard 1")])
    }

    @Test("D23: a command follows its shard to the next owner") func follows() {
        var scenario = Self.running()
        scenario.hello("b", incarnation: "b1", on: 2)
        Self.ask(Self.request, &scenario)
        let first = Self.tickets(scenario.takeTold())
        scenario.say(.commandEnded(first[0], .notSent), on: 1)
        scenario.say(.revoked(live(1)), on: 1)
        scenario.pass(.milliseconds(100))
        let told = scenario.takeTold()
        let assigned = told.firstIndex { if case .assign(let assignment) = $0.1 { assignment.lease == lease(1, epoch: 2) } else { false } }
        let second = told.firstIndex { if case .command(_, lease(1, epoch: 2), _, _) = $0.1 { true } else { false } }
        guard let assigned, let second, assigned < second else {
            Issue.record("\(told)")
            return
        }
        #expect(Self.tickets(told).count == 1 && Self.tickets(told) != first)
        scenario.say(.commandEnded(first[0], .sent), on: 1)
        #expect(scenario.answers == [], "that ticket has had its answer")
        scenario.say(.commandEnded(Self.tickets(told)[0], .sent), on: Int(told[second].0.rawValue))
        #expect(scenario.answers == [.done("sent over shard 1")])
    }

    @Test("a worker that dies with a command leaves it unknown; one that only lost its stream does not") func diesOrNot() {
        var scenario = Self.running()
        Self.ask(Self.request, &scenario)
        let ticket = Self.tickets(scenario.takeTold())[0]
        scenario.input(.closed(ConnectionID(rawValue: 1)))
        scenario.pass(.seconds(2))
        #expect(scenario.answers == [])
        let reports = (0..<4).map { live($0) }
        scenario.input(
            .message(
                ConnectionID(rawValue: 2),
                .hello(
                    WorkerHello(
                        protocolVersion: controlProtocolVersion, stableID: StableID(rawValue: "a"), incarnation: Incarnation(rawValue: "a1"), capacity: 100,
                        highestCoordinatorEpoch: CoordinatorEpoch(rawValue: 1), held: reports, commands: [CommandReport(ticket: ticket, outcome: nil)],
                        stamp: scenario.now))))
        #expect(Self.tickets(scenario.takeTold()) == [] && scenario.answers == [])
        scenario.hello("a", incarnation: "a2", on: 3)
        #expect(scenario.answers == [], "a second process under the name of a live one is turned away")
        scenario.input(.closed(ConnectionID(rawValue: 2)))
        scenario.hello("a", incarnation: "a2", on: 4)
        #expect(scenario.answers == [], "its hello may come from one that is long dead")
        scenario.renew([], on: 4)
        guard case .failed(.unknown)? = scenario.answers.first else {
            Issue.record("\(scenario.answers)")
            return
        }
    }

    @Test("commands are refused without a shard set, and after the application was stopped") func notRunning() {
        var late = Self.running()
        var none = Scenario()
        none.machine.generation = nil
        late.say(.failed(lease(1), code: 4004), on: 1)
        Self.ask(Self.request, &none)
        Self.ask(Self.request, &late)
        for answers in [none.answers, late.answers] {
            guard case .failed(.notRunning(let why))? = answers.first else {
                Issue.record("\(answers)")
                continue
            }
            #expect(!why.fix.isEmpty)
        }
    }

    @Test("the end of the coordinator answers what waits, and says of the rest that nobody knows") func ends() {
        var scenario = Self.running()
        Self.ask(Self.request, &scenario)
        scenario.say(.revoked(live(2)), on: 1)
        scenario.storeAnswer = .failed("away")
        Self.ask(
            .command(CommandRequest(.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(2 << 22), channelID: nil)))), &scenario, id: 2)
        scenario.input(.stopRequested)
        #expect(scenario.answers.count == 2 && scenario.ended == .requested)
    }

    @Test(
        "D25: workers share the cap by their shards, each has one at least",
        arguments: [
            (["a": 4, "b": 4], 200, ["a": 100, "b": 100]), (["a": 1, "b": 3], 200, ["a": 50, "b": 150]), (["a": 1, "b": 999], 200, ["a": 1, "b": 199]),
            (["a": 0, "b": 8], 200, ["a": 100, "b": 200]), (["a": 0], 200, ["a": 200]), (["a": 3, "b": 3, "c": 1], 2, ["a": 1, "b": 1, "c": 1]),
        ])
    func shares(shards: [String: Int], cap: Int, expected: [String: Int]) {
        var shares = DialShares()
        shares.count(Dictionary(uniqueKeysWithValues: shards.map { (StableID(rawValue: $0.key), $0.value) }), cap: cap, at: Instant(nanoseconds: 0))
        for (worker, share) in expected { #expect(shares[StableID(rawValue: worker)] == share) }
        #expect(!shares.isOld(at: Instant(nanoseconds: 999_999_999)) && shares.isOld(at: Instant(nanoseconds: 1_000_000_000)))
    }

    @Test("D25: each ack names the worker's share of the cap, and together they stay within it") func acks() {
        var scenario = Self.running()
        scenario.hello("b", incarnation: "b1", on: 2)
        scenario.pass(.seconds(3))
        _ = scenario.takeTold()
        scenario.renew((0..<4).map { live($0) }, on: 1)
        scenario.renew([], on: 2)
        let shares = scenario.takeTold().compactMap { if case .ack(_, _, let share) = $0.1 { share } else { nil } }
        #expect(shares.count == 2 && shares[0] == 200)
    }
}

extension StoreWrite {
    fileprivate var isPresence: Bool { if case .setPresence = self { true } else { false } }
}
