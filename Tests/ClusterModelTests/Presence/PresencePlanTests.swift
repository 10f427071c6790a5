import GatewayModel
import Testing

@testable import ClusterModel

func planned(_ name: String, _ revision: Int64) -> PlannedPresence {
    PlannedPresence(Presence(activities: [.playing(name)]), revision: PresenceRevision(rawValue: revision))
}

@Suite("The plan of presences") struct PresencePlanTests {
    @Test("D19: one for all, others for single shards, until the one for all is set again") func layers() {
        var plan = PresencePlan()
        #expect(plan[ShardID(0)] == nil && plan.revision == .none)
        plan.set(planned("a", 1), for: .all)
        plan.set(planned("b", 2), for: .shards([ShardID(1), ShardID(3)]))
        #expect((0..<4).map { plan[ShardID($0)]?.revision.rawValue } == [1, 2, 1, 2])
        plan.set(planned("c", 3), for: .shards([ShardID(3)]))
        #expect((0..<4).map { plan[ShardID($0)]?.revision.rawValue } == [1, 2, 1, 3])
        #expect(plan.revision == PresenceRevision(rawValue: 3))
        plan.set(planned("d", 4), for: .all)
        #expect((0..<4).map { plan[ShardID($0)]?.revision.rawValue } == [4, 4, 4, 4])
    }

    @Test("a re-shard keeps the one for all and drops the others") func reshard() {
        var plan = PresencePlan()
        plan.set(planned("a", 1), for: .all)
        plan.set(planned("b", 2), for: .shards([ShardID(1)]))
        plan.shardSetReplaced()
        #expect(plan[ShardID(1)] == planned("a", 1))
    }

    @Test("it comes back from the store as it was") func restored() {
        let rows = [
            StoredPresence(shard: nil, presence: planned("a", 1).presence, revision: PresenceRevision(rawValue: 1)),
            StoredPresence(shard: ShardID(1), presence: planned("b", 2).presence, revision: PresenceRevision(rawValue: 2)),
        ]
        var plan = PresencePlan()
        plan.set(planned("a", 1), for: .all)
        plan.set(planned("b", 2), for: .shards([ShardID(1)]))
        #expect(PresencePlan(restoring: rows) == plan)
    }
}

@Suite("What one shard shows") struct HeldPresenceTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func assignment(session: Bool, _ presence: PlannedPresence?, shown: Bool = false) -> Assignment {
        Assignment(
            lease: lease(0), incarnation: Incarnation(rawValue: "i"), numShards: 1, session: session ? ClusterModelTests.session("s", 1) : nil,
            application: ApplicationID(rawValue: "app"), token: Secret("t"), intents: 1, gatewayURL: "ws://x", presence: presence, isPresenceShown: shown)
    }

    @Test("a shard that identifies begins with it, one that resumes sends it, unless its session shows it already")
    func begins() {
        let fresh = HeldPresence(self.assignment(session: false, planned("a", 4)))
        #expect(fresh.shown.rawValue == 4 && fresh.toShowFirst == nil && fresh.certain.rawValue == 4)
        let moved = HeldPresence(self.assignment(session: true, planned("a", 4), shown: true))
        #expect(moved.shown.rawValue == 4 && moved.toShowFirst == nil)
        let changed = HeldPresence(self.assignment(session: true, planned("a", 4)))
        #expect(changed.shown == .none && changed.toShowFirst == planned("a", 4))
        let none = HeldPresence(self.assignment(session: true, nil))
        #expect(none.shown == .none && none.toShowFirst == nil)
    }

    @Test("told twice it is given to the shard once, and again after it failed") func told() {
        var held = HeldPresence(self.assignment(session: true, nil))
        let first = held.told(planned("a", 1))
        #expect(first == planned("a", 1))
        let repeated = held.told(planned("a", 1))
        #expect(repeated == nil)
        let isNewsOfFailure = held.ended(PresenceRevision(rawValue: 1), isShown: false, at: self.now)
        #expect(!isNewsOfFailure)
        let afterFailure = held.told(planned("a", 1))
        #expect(afterFailure == planned("a", 1))
        let isNews = held.ended(PresenceRevision(rawValue: 1), isShown: true, at: self.now)
        #expect(isNews)
        #expect(held.shown.rawValue == 1)
        let onceShown = held.told(planned("a", 1))
        #expect(onceShown == nil)
    }

    @Test("one whose place a later one took says nothing") func superseded() {
        var held = HeldPresence(self.assignment(session: true, planned("a", 1), shown: true))
        _ = held.told(planned("b", 2))
        let newest = held.told(planned("c", 3))
        #expect(newest == planned("c", 3))
        let isNewsOfReplaced = held.ended(PresenceRevision(rawValue: 2), isShown: true, at: self.now)
        #expect(!isNewsOfReplaced)
        #expect(held.shown.rawValue == 1)
        let isNewsOfNewest = held.ended(PresenceRevision(rawValue: 3), isShown: true, at: self.now)
        #expect(isNewsOfNewest)
    }

    @Test("what was written in the last two minutes may have been lost: it is written again after a RESUME, and is not certain elsewhere")
    func doubt() {
        var held = HeldPresence(self.assignment(session: true, nil))
        let beforeAny = held.resumed()
        #expect(beforeAny == nil)
        _ = held.told(planned("a", 1))
        _ = held.ended(PresenceRevision(rawValue: 1), isShown: true, at: self.now)
        #expect(held.shown.rawValue == 1 && held.certain == .none)
        let afterResume = held.resumed()
        #expect(afterResume == planned("a", 1))
        #expect(held.shown == .none)
        let stillWaiting = held.resumed()
        #expect(stillWaiting == nil)
        _ = held.ended(PresenceRevision(rawValue: 1), isShown: true, at: self.now)
        held.timePassed(to: self.now + .seconds(119))
        #expect(held.certain == .none)
        held.timePassed(to: self.now + .seconds(120))
        #expect(held.certain.rawValue == 1 && held.resumed() == nil)
    }
}
