import ClusterModel
import ClusterStore
import Coordinator
import GatewayModel
import Testing

@Suite("Leadership", .timeLimit(.minutes(2)))
struct LeadershipTests {
    static var quick: LeadershipTiming {
        var timing = LeadershipTiming()
        timing.poll = .milliseconds(20)
        timing.silence = .milliseconds(400)
        timing.patience = .milliseconds(1200)
        timing.beat = .milliseconds(50)
        return timing
    }

    /// A store that another coordinator left without resigning.
    static func held() -> InMemoryStore {
        let store = InMemoryStore()
        store.change {
            $0.epoch = CoordinatorEpoch(rawValue: 7)
            $0.holder = "other"
            $0.released = false
        }
        return store
    }

    func harness(_ store: InMemoryStore) -> CoordinatorHarness {
        CoordinatorHarness(CoordinatorHarness.configuration(leadership: Self.quick), store: store)
    }

    @Test("a leader whose beat stands still is succeeded after the silence, not before, with a higher epoch")
    func succession() async throws {
        let store = Self.held()
        let start = BootClock.now
        try await self.harness(store).run { _ in
            #expect(BootClock.now - start >= .milliseconds(400))
            #expect(store.now.epoch == CoordinatorEpoch(rawValue: 8))
        }
    }

    @Test("a leader that lives is left alone: the second coordinator ends with one clear line")
    func secondCoordinator() async throws {
        let store = Self.held()
        store.change { $0.holderLives = true }
        let harness = self.harness(store)
        await harness.runUntilItEnds()
        #expect(harness.ended.all[0].hasPrefix("another coordinator leads application test: other still gives signs of life"))
        #expect(store.now.epoch == CoordinatorEpoch(rawValue: 7))
    }

    @Test("a database that takes no beats deposes nobody; a higher epoch does")
    func deposition() async throws {
        let store = InMemoryStore()
        let harness = self.harness(store)
        try await harness.run { _ in
            store.change { $0.beatFails = true }
            while store.now.failedBeats < 3 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(harness.ended.all.isEmpty)
            store.change {
                $0.beatFails = false
                $0.epoch = CoordinatorEpoch(rawValue: 9)
            }
            let end = try await harness.ended.wait("the end") { !$0.isEmpty }[0]
            #expect(end.hasPrefix("this coordinator does not lead any more"))
        }
    }
}
