import ClusterTestKit
import GatewayModel
import Testing

@Suite("Local permits") struct LocalPermitsTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private typealias Effect = LocalPermits.Effect

    private func permits(maxConcurrency: Int = 1, total: Int = 1000, remaining: Int = 1000) -> LocalPermits {
        var permits = LocalPermits(issuer: "t", at: self.start)
        permits.readBegan(at: self.start)
        _ = permits.readEnded(
            SessionStartLimit(total: total, remaining: remaining, resetAfterMilliseconds: 3_600_000), maxConcurrency: maxConcurrency, at: self.start)
        return permits
    }

    private func shard(_ id: Int, of numShards: Int = 16) -> ShardIdentity { ShardIdentity(id: ShardID(id), numShards: numShards) }

    private func offers(_ effects: [Effect]) -> [(ticket: Int, permit: PermitID)] {
        effects.compactMap { if case .offer(let ticket, let permit) = $0 { (ticket, permit) } else { nil } }
    }

    @Test("shards of one key go in the order of their ids, whoever asked first") func order() {
        var permits = self.permits()
        let tickets = [5, 2, 9].map { permits.asked(self.shard($0), at: self.start - .seconds(1)) }
        #expect(self.offers(permits.timePassed(to: self.start)).map(\.ticket) == [tickets[1]])
        #expect(self.offers(permits.timePassed(to: self.start + .seconds(1))).isEmpty)
    }

    @Test("the first of an idle queue waits a moment for those that ask at the same time") func settle() {
        var permits = self.permits()
        _ = permits.asked(self.shard(7), at: self.start)
        #expect(permits.timePassed(to: self.start).isEmpty)
        let moment = self.start + .milliseconds(10)
        #expect(permits.deadline(after: self.start) == moment)
        let second = permits.asked(self.shard(3), at: self.start + .milliseconds(9))
        #expect(self.offers(permits.timePassed(to: moment)).map(\.ticket) == [second])
    }

    @Test("max_concurrency shards go at once, round by round") func rounds() {
        var permits = self.permits(maxConcurrency: 4)
        let tickets = (0..<8).map { permits.asked(self.shard($0), at: self.start - .seconds(1)) }
        let first = self.offers(permits.timePassed(to: self.start))
        #expect(first.map(\.ticket) == Array(tickets[..<4]))
        for (_, permit) in first {
            #expect(permits.taken(permit, at: self.start) == [.go(permit, validUntil: self.start + .seconds(2))])
            #expect(permits.ended(permit, .ready, at: self.start + .milliseconds(100)).isEmpty, "the key is not free yet")
        }
        #expect(self.offers(permits.timePassed(to: self.start + .seconds(4))).isEmpty)
        // One second before their keys are free: time to dial.
        let later = self.start + .milliseconds(4_200)
        let second = self.offers(permits.timePassed(to: later))
        #expect(second.map(\.ticket) == Array(tickets[4...]))
        #expect(permits.taken(second[0].permit, at: later).isEmpty)
        let free = self.start + .milliseconds(5_200)
        #expect(permits.timePassed(to: free) == [.go(second[0].permit, validUntil: free + .seconds(2))])
    }

    @Test("nothing is offered before Discord's count is known, at its floor, or when it is old") func budget() {
        var permits = LocalPermits(issuer: "t", at: self.start)
        _ = permits.asked(self.shard(0), at: self.start - .seconds(1))
        #expect(permits.timePassed(to: self.start).isEmpty && permits.wantsRead(at: self.start))
        permits.readBegan(at: self.start)
        #expect(!permits.wantsRead(at: self.start), "one reads")
        let poor = SessionStartLimit(total: 1000, remaining: 50, resetAfterMilliseconds: 3_600_000)
        #expect(permits.readEnded(poor, maxConcurrency: 1, at: self.start).isEmpty)
        #expect(permits.isBudgetSpent(at: self.start))
        let later = self.start + LocalPermits.maxAge
        #expect(permits.deadline(after: self.start) == later)
        #expect(permits.wantsRead(at: later))
        permits.readBegan(at: later)
        let rich = SessionStartLimit(total: 1000, remaining: 51, resetAfterMilliseconds: 3_300_000)
        #expect(self.offers(permits.readEnded(rich, maxConcurrency: 1, at: later)).count == 1)
    }

    @Test("a failed read is tried again after 1 s, then 2 s, and so on up to 16 s; an abandoned one at once") func readFails() {
        var permits = LocalPermits(issuer: "t", at: self.start)
        _ = permits.asked(self.shard(0), at: self.start - .seconds(1))
        var now = self.start
        for seconds in [1, 2, 4, 8, 16, 16] {
            #expect(permits.wantsRead(at: now))
            permits.readBegan(at: now)
            permits.readFailed(at: now)
            #expect(!permits.wantsRead(at: now + .milliseconds(seconds * 1000 - 1)))
            now = now + .seconds(seconds)
            #expect(permits.deadline(after: now - .milliseconds(1)) == now)
        }
        permits.readBegan(at: now)
        permits.readAbandoned(at: now)
        #expect(permits.wantsRead(at: now))
    }

    @Test("a refused IDENTIFY has the count read anew, and three stop everything for five minutes") func refusals() {
        var permits = self.permits(maxConcurrency: 16)
        for id in 0..<3 {
            _ = permits.asked(self.shard(id), at: self.start - .seconds(1))
            let permit = self.offers(permits.timePassed(to: self.start))[0].permit
            _ = permits.taken(permit, at: self.start)
            _ = permits.ended(permit, .invalidSession, at: self.start)
            _ = permits.asked(self.shard(id + 8), at: self.start - .seconds(1))
            #expect(permits.wantsRead(at: self.start))
            permits.readBegan(at: self.start)
            let limit = SessionStartLimit(total: 1000, remaining: 900, resetAfterMilliseconds: 3_600_000)
            let offers = self.offers(permits.readEnded(limit, maxConcurrency: 16, at: self.start))
            #expect(offers.isEmpty == (id == 2))
            for (_, permit) in offers { _ = permits.ended(permit, .notSent, at: self.start) }
        }
        #expect(permits.breakerOpenUntil == self.start + .seconds(300))
    }

    @Test("an offer that nobody takes within 16 s is withdrawn, and taking it then is answered so") func withdrawn() {
        var permits = self.permits()
        _ = permits.asked(self.shard(0), at: self.start - .seconds(1))
        let permit = self.offers(permits.timePassed(to: self.start))[0].permit
        #expect(permits.timePassed(to: self.start + .milliseconds(15_999)).isEmpty)
        #expect(permits.timePassed(to: self.start + .seconds(16)) == [.withdrawn(permit)])
        #expect(permits.taken(permit, at: self.start + .seconds(16)) == [.withdrawn(permit)])
    }

    @Test("who gives up before it is served, or after, holds nobody up") func givingUp() {
        var permits = self.permits()
        let first = permits.asked(self.shard(0), at: self.start - .seconds(1))
        let second = permits.asked(self.shard(1), at: self.start - .seconds(1))
        permits.withdrew(first)
        let offer = self.offers(permits.timePassed(to: self.start))[0]
        #expect(offer.ticket == second)
        _ = permits.ended(offer.permit, .notSent, at: self.start)
        let third = permits.asked(self.shard(2), at: self.start - .seconds(1))
        #expect(self.offers(permits.timePassed(to: self.start)).map(\.ticket) == [third])
    }

    @Test("whatever happens, commits of one key are 5.1 s apart after an outcome, and 17 s without", arguments: 0..<50)
    func apart(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let concurrency = Int.random(in: 1...3, using: &random)
        var permits = self.permits(maxConcurrency: concurrency)
        var now = self.start
        var shards: [Int: ShardIdentity] = [:]
        var held: [PermitID: ShardIdentity] = [:]
        var free: [Int: Instant] = [:]
        var open: [PermitID: (key: Int, Instant)] = [:]
        var commits = 0
        func perform(_ effects: [Effect], at now: Instant) {
            for effect in effects {
                switch effect {
                case .offer(let ticket, let permit): held[permit] = shards.removeValue(forKey: ticket)
                case .withdrawn(let permit): held[permit] = nil
                case .go(let permit, _):
                    let key = held.removeValue(forKey: permit)!.id.rawValue % concurrency
                    if let free = free[key] { #expect(now >= free, "seed \(seed)") }
                    free[key] = now + .seconds(17)
                    open[permit] = (key, now)
                    commits += 1
                }
            }
        }
        for _ in 0..<1_500 {
            now = now + .milliseconds(Int64.random(in: 1...500, using: &random))
            perform(permits.timePassed(to: now), at: now)
            if shards.count < 6, Bool.random(using: &random) {
                let shard = self.shard(Int.random(in: 0..<12, using: &random))
                shards[permits.asked(shard, at: now)] = shard
            }
            if permits.wantsRead(at: now) {
                permits.readBegan(at: now)
                let limit = SessionStartLimit(total: 10_000, remaining: 9_000, resetAfterMilliseconds: 3_600_000)
                perform(permits.readEnded(limit, maxConcurrency: concurrency, at: now), at: now)
            }
            for permit in held.keys.sorted() where held[permit] != nil && Bool.random(using: &random) {
                if Bool.random(using: &random) {
                    perform(permits.taken(permit, at: now), at: now)
                } else {
                    held[permit] = nil
                    perform(permits.ended(permit, .notSent, at: now), at: now)
                }
            }
            for permit in open.keys.sorted() where Int.random(in: 0..<4, using: &random) == 0 {
                let outcome = [IdentifyOutcome.ready, .closed, .unknown].randomElement(using: &random)!
                let (key, since) = open.removeValue(forKey: permit)!
                // What comes later than 17 s is too late to change anything.
                if now - since < .seconds(17) { free[key] = outcome == .unknown ? since + .seconds(17) : now + .milliseconds(5_100) }
                perform(permits.ended(permit, outcome, at: now), at: now)
            }
        }
        #expect(commits > 20)
    }
}
