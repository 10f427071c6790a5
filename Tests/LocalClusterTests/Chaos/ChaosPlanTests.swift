import GatewayModel
import Testing

@testable import LocalCluster

@Suite("Chaos") struct ChaosPlanTests {
    @Test("kills come 3 to 8 s apart, on every worker, and stop 10 s before the end", arguments: [UInt64(1), 2, 3])
    func kills(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let start = Instant(nanoseconds: 0)
        let end = start + .seconds(600)
        var plan = ChaosPlan(workers: 4, from: start, until: end, using: &random)
        var last = start
        var killed: Set<Int> = []
        var now = start
        while now <= end {
            if let worker = plan.timePassed(to: now, using: &random) {
                #expect((2.99...8.11).contains((now - last).inSeconds))
                #expect(end - now >= .seconds(10))
                killed.insert(worker)
                last = now
            }
            now = now + .milliseconds(50)
        }
        #expect(killed == [0, 1, 2, 3])
    }

    @Test("a run shorter than the calm at its end kills nobody") func shortRun() {
        var random = SplitMix(seed: 1)
        var plan = ChaosPlan(workers: 3, from: Instant(nanoseconds: 0), until: Instant(nanoseconds: 9_000_000_000), using: &random)
        for second in Int64(0)...9 {
            let killed = plan.timePassed(to: Instant(nanoseconds: second * 1_000_000_000), using: &random)
            #expect(killed == nil)
        }
    }

    @Test("a recovery ends when every shard is attached and as many sessions began as were killed") func recoveries() {
        var recoveries = Recoveries()
        recoveries.killed(shards: 4, starts: 16, at: Instant(nanoseconds: 0))
        recoveries.observed(allAttached: true, starts: 16, at: Instant(nanoseconds: 1_000_000))
        recoveries.observed(allAttached: false, starts: 18, at: Instant(nanoseconds: 2_000_000))
        #expect(recoveries.isOpen)
        recoveries.killed(shards: 4, starts: 18, at: Instant(nanoseconds: 3_000_000))
        recoveries.observed(allAttached: true, starts: 22, at: Instant(nanoseconds: 5_000_000))
        #expect(!recoveries.isOpen)
        #expect(recoveries.durations == [.milliseconds(5), .milliseconds(2)])
        #expect(recoveries.median == .milliseconds(5))
    }
}
