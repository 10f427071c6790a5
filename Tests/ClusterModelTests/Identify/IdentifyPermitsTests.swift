import ClusterTestKit
import GatewayModel
import Testing

@testable import ClusterModel

@Suite("Identify permits") struct IdentifyPermitsTests {
    private let start = Instant(nanoseconds: 0)
    private let timing = Timing()

    private func waiter(_ shard: Int) -> IdentifyHolder {
        IdentifyHolder(ShardLease(key: ShardKey(generation: Generation(rawValue: 1), shard: ShardID(shard)), epoch: AssignmentEpoch(rawValue: 1)))
    }

    private func permits(maxConcurrency: Int = 1, restoring keys: [StoredRateLimitKey] = []) -> IdentifyPermits {
        var permits = IdentifyPermits(restoring: keys, epoch: CoordinatorEpoch(rawValue: 3), timing: self.timing, at: self.start)
        permits.learned(maxConcurrency: maxConcurrency, at: self.start)
        return permits
    }

    private func offered(_ steps: [IdentifyPermits.Step]) -> [(PermitID, Int)] {
        steps.compactMap { if case .offer(let permit, let holder) = $0 { (permit, holder.shard.rawValue) } else { nil } }
    }

    /// Offer, take, commit: the permit is open afterwards.
    private func open(_ shard: Int, _ permits: inout IdentifyPermits, at now: Instant) throws -> PermitID {
        let (permit, _) = try #require(self.offered(permits.offers(to: [self.waiter(shard)], allowance: 10, at: now)).first)
        let steps = permits.taken(permit, at: now)
        guard case .commit(permit, _, _) = try #require(steps.first) else { throw Unexpected() }
        #expect(permits.commitEnded(permit, .committed, at: now) != nil)
        return permit
    }

    private struct Unexpected: Error {}

    @Test("shards of one key go one by one, lowest id first") func oneByOne() {
        var permits = self.permits()
        let offers = self.offered(permits.offers(to: [self.waiter(2), self.waiter(0), self.waiter(1)], allowance: 10, at: self.start))
        #expect(offers.map(\.1) == [0])
    }

    @Test("a round is offered at once, the next waits for all of it") func rounds() throws {
        var permits = self.permits(maxConcurrency: 4)
        let waiting = (0..<8).map { self.waiter($0) }
        let offers = self.offered(permits.offers(to: waiting, allowance: 10, at: self.start))
        #expect(offers.map(\.1) == [0, 1, 2, 3])
        for (permit, _) in offers.dropLast() {
            _ = permits.taken(permit, at: self.start)
            _ = permits.commitEnded(permit, .committed, at: self.start)
            _ = permits.ended(permit, .ready, at: self.start)
        }
        let later = self.start + .seconds(10)
        #expect(self.offered(permits.offers(to: (4..<8).map { self.waiter($0) }, allowance: 10, at: later)).isEmpty, "shard 3 is not resolved yet")
        permits.declined(offers[3].0, at: later)
        #expect(self.offered(permits.offers(to: (4..<8).map { self.waiter($0) }, allowance: 10, at: later)).map(\.1) == [4, 5, 6, 7])
    }

    @Test("after an outcome the key is committed again no earlier than 5.1 s later", arguments: [IdentifyOutcome.ready, .closed, .invalidSession])
    func spacing(outcome: IdentifyOutcome) throws {
        var permits = self.permits()
        let first = try self.open(0, &permits, at: self.start)
        let resolved = self.start + .milliseconds(300)
        #expect(permits.ended(first, outcome, at: resolved) == [.closed(first, outcome)])
        let early = resolved + .milliseconds(4_200)
        let (second, _) = try #require(self.offered(permits.offers(to: [self.waiter(1)], allowance: 1, at: early)).first)
        #expect(permits.taken(second, at: early).isEmpty, "taken early, it waits for the key")
        #expect(permits.timePassed(to: resolved + .milliseconds(5_099)).isEmpty)
        #expect(permits.timePassed(to: resolved + .milliseconds(5_100)).count == 1)
    }

    @Test("without an outcome the key is busy for 17 s from the commit, whether it is reported unknown or not at all", arguments: [true, false])
    func unknown(reported: Bool) throws {
        var permits = self.permits()
        let first = try self.open(0, &permits, at: self.start)
        if reported {
            #expect(permits.ended(first, .unknown, at: self.start + .seconds(1)) == [.closed(first, .unknown)])
            #expect(self.offered(permits.offers(to: [self.waiter(1)], allowance: 1, at: self.start + .milliseconds(15_900))).isEmpty)
        } else {
            #expect(permits.timePassed(to: self.start + .milliseconds(16_999)).isEmpty)
            #expect(permits.timePassed(to: self.start + .seconds(17)) == [.closed(first, .unknown)])
        }
        #expect(self.offered(permits.offers(to: [self.waiter(1)], allowance: 1, at: self.start + .seconds(17))).count == 1)
    }

    @Test("an outcome frees only the permit that it names") func outcomeByPermit() throws {
        var permits = self.permits()
        _ = try self.open(0, &permits, at: self.start)
        #expect(permits.ended(PermitID(rawValue: "2-1"), .ready, at: self.start).isEmpty)
        #expect(permits.open == 1)
    }

    @Test("after a takeover, keys with an open permit are cold for 17 s, others for 5.1 s, unnamed ones are warm") func takeover() {
        let keys = [StoredRateLimitKey(key: 0, openPermit: PermitID(rawValue: "2-9")), StoredRateLimitKey(key: 1, openPermit: nil)]
        func offeredShards(after time: Duration) -> [Int] {
            var permits = self.permits(maxConcurrency: 3, restoring: keys)
            return self.offered(permits.offers(to: (0..<3).map { self.waiter($0) }, allowance: 10, at: self.start + time)).map(\.1)
        }
        #expect(offeredShards(after: .zero) == [2])
        #expect(offeredShards(after: .milliseconds(4_100)) == [1, 2], "offers go out a second early")
        #expect(offeredShards(after: .seconds(16)) == [0, 1, 2])
    }

    @Test("the outcome of a permit that was open at takeover warms its key") func restoredOutcome() {
        var permits = self.permits(restoring: [StoredRateLimitKey(key: 0, openPermit: PermitID(rawValue: "2-9"))])
        #expect(permits.ended(PermitID(rawValue: "2-9"), .ready, at: self.start + .seconds(1)) == [.closed(PermitID(rawValue: "2-9"), .ready)])
        #expect(self.offered(permits.offers(to: [self.waiter(0)], allowance: 1, at: self.start + .milliseconds(5_100))).count == 1)
    }

    @Test("a commit that did not happen tells nobody and keeps the spacing as it was", arguments: [CommitOutcome.failed("x"), .unknown("x"), .refused("x")])
    func commitEnds(outcome: CommitOutcome) throws {
        var permits = self.permits()
        let (permit, _) = try #require(self.offered(permits.offers(to: [self.waiter(0)], allowance: 1, at: self.start)).first)
        _ = permits.taken(permit, at: self.start)
        #expect(permits.commitEnded(permit, outcome, at: self.start) == nil)
        #expect(permits.open == 0)
        #expect(self.offered(permits.offers(to: [self.waiter(0)], allowance: 1, at: self.start)).isEmpty, "the same shard waits a second")
        #expect(self.offered(permits.offers(to: [self.waiter(0)], allowance: 1, at: self.start + .seconds(1))).count == 1)
    }

    @Test("three refusals within a minute stop everything for five") func breaker() throws {
        var permits = self.permits(maxConcurrency: 8)
        for shard in 0..<3 {
            let permit = try self.open(shard, &permits, at: self.start)
            _ = permits.ended(permit, .invalidSession, at: self.start)
        }
        #expect(permits.offers(to: [self.waiter(5)], allowance: 1, at: self.start + .seconds(299)).isEmpty)
        _ = permits.timePassed(to: self.start + .seconds(300))
        #expect(permits.offers(to: [self.waiter(5)], allowance: 1, at: self.start + .seconds(300)).count == 1)
    }

    @Test("a changed max_concurrency waits for every permit, and 5 s more") func changedConcurrency() throws {
        var permits = self.permits(maxConcurrency: 2)
        let permit = try self.open(0, &permits, at: self.start)
        permits.learned(maxConcurrency: 16, at: self.start)
        #expect(permits.offers(to: [self.waiter(1)], allowance: 1, at: self.start).isEmpty)
        _ = permits.ended(permit, .ready, at: self.start + .seconds(1))
        _ = permits.timePassed(to: self.start + .seconds(6))
        #expect(permits.concurrency == 2)
        _ = permits.timePassed(to: self.start + .milliseconds(6_100))
        #expect(permits.concurrency == 16)
    }

    @Test("whatever happens, arrivals of one key are 5 s apart", arguments: 0..<200)
    func arrivalsApart(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let concurrency = Int.random(in: 1...4, using: &random)
        var permits = self.permits(maxConcurrency: concurrency)
        var now = self.start
        var waiting = Set(0..<12)
        /// Permits told to a worker, with the latest instant of use; IDENTIFYs on the wire, with arrival.
        var told: [(permit: PermitID, shard: Int, validUntil: Instant)] = []
        var stamps: [PermitID: Instant] = [:]
        var wire: [(permit: PermitID, shard: Int, arrival: Instant)] = []
        var arrivals: [Int: Instant] = [:]
        var outcomes: [(PermitID, Instant)] = []
        for _ in 0..<2_000 {
            now = now + .milliseconds(Int64.random(in: 1...400, using: &random))
            for index in wire.indices.reversed() where wire[index].arrival <= now {
                let (permit, shard, arrival) = wire.remove(at: index)
                let key = shard % concurrency
                if let last = arrivals[key] { #expect(arrival - last >= .seconds(5), "seed \(seed), key \(key)") }
                arrivals[key] = arrival
                if Int.random(in: 0..<10, using: &random) > 0 {
                    outcomes.append((permit, arrival + .milliseconds(Int64.random(in: 0...3_000, using: &random))))
                }
            }
            for index in outcomes.indices.reversed() where outcomes[index].1 <= now {
                let permit = outcomes.remove(at: index).0
                _ = permits.ended(permit, .ready, at: now)
            }
            var steps = permits.timePassed(to: now)
            steps += permits.offers(to: waiting.sorted().map { self.waiter($0) }, allowance: 10, at: now)
            while !steps.isEmpty {
                switch steps.removeFirst() {
                case .offer(let permit, _):
                    guard Int.random(in: 0..<10, using: &random) > 0 else { continue }
                    stamps[permit] = now
                    steps += permits.taken(permit, at: now)
                case .commit(let permit, _, let holder):
                    let result: CommitOutcome = Int.random(in: 0..<10, using: &random) == 0 ? .unknown("") : .committed
                    if permits.commitEnded(permit, result, at: now) != nil {
                        told.append((permit, holder.shard.rawValue, stamps[permit]! + .seconds(2)))
                    }
                case .closed: break
                }
            }
            for index in told.indices.reversed() where Bool.random(using: &random) {
                let (permit, shard, validUntil) = told.remove(at: index)
                guard now < validUntil else { continue }
                // One hop takes at most 10 s.
                wire.append((permit, shard, now + .milliseconds(Int64.random(in: 0...9_900, using: &random))))
                waiting.remove(shard)
                if waiting.isEmpty { waiting = Set(0..<12) }
            }
        }
        #expect(!arrivals.isEmpty)
    }
}
