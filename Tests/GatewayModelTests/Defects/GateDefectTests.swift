import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around the pace of identifying") struct GateDefectTests {
    /// One gate, time, and what it let go.
    private struct Drive {
        var permits = LocalPermits(issuer: "t", at: Self.start)
        var now = Self.start
        var shards: [LocalPermits.Ticket: ShardIdentity] = [:]
        var holders: [PermitID: ShardIdentity] = [:]
        var gone: [(shard: ShardIdentity, at: Instant)] = []

        static let start = Instant(nanoseconds: 1_000_000_000_000)

        init(maxConcurrency: Int, remaining: Int = 1000) {
            self.permits.readBegan(at: self.now)
            _ = self.permits.readEnded(
                SessionStartLimit(total: 1000, remaining: remaining, resetAfterMilliseconds: 3_600_000), maxConcurrency: maxConcurrency, at: self.now)
        }

        mutating func ask(_ shard: Int, of numShards: Int) {
            let identity = ShardIdentity(id: ShardID(shard), numShards: numShards)
            self.shards[self.permits.asked(identity, at: self.now)] = identity
        }

        /// Everyone is quick: HELLO and READY come within a step.
        mutating func pass(_ duration: Duration) {
            let end = self.now + duration
            while self.now < end {
                var effects = self.permits.timePassed(to: self.now)
                while !effects.isEmpty {
                    switch effects.removeFirst() {
                    case .offer(let ticket, let permit):
                        self.holders[permit] = self.shards[ticket]
                        effects += self.permits.taken(permit, at: self.now)
                    case .go(let permit, _):
                        if let shard = self.holders[permit] { self.gone.append((shard, self.now)) }
                        effects += self.permits.ended(permit, .ready, at: self.now)
                    case .withdrawn: break
                    }
                }
                self.now = self.now + .milliseconds(50)
            }
        }

        func times(ofKey key: Int, _ maxConcurrency: Int) -> [Instant] {
            self.gone.filter { $0.shard.id.rateLimitKey(maxConcurrency: maxConcurrency) == key }.map(\.at)
        }
    }

    @Test("Defect 16: whoever asks, IDENTIFYs of one key are 5 s apart", arguments: [1, 2, 16]) func defect16OneGate(maxConcurrency: Int) {
        var drive = Drive(maxConcurrency: maxConcurrency)
        // Two groups of one bot, one of them later.
        for shard in 0..<16 { drive.ask(shard, of: 32) }
        drive.pass(.seconds(2))
        for shard in 16..<32 { drive.ask(shard, of: 32) }
        drive.pass(.seconds(200))
        #expect(drive.gone.count == 32)
        for key in 0..<maxConcurrency {
            let times = drive.times(ofKey: key, maxConcurrency)
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .seconds(5) })
        }
        // max_concurrency is used: so many at once, not one.
        #expect(drive.gone.count { $0.at - Drive.start < .seconds(2) } == min(maxConcurrency, 16))
    }

    @Test("Defect 16: what is left of the day is one number for all who ask") func defect16Budget() {
        var drive = Drive(maxConcurrency: 16, remaining: 60)
        for shard in 0..<16 { drive.ask(shard, of: 32) }
        for shard in 16..<32 { drive.ask(shard, of: 32) }
        drive.pass(.seconds(60))
        // 60 left, of which 50 are never touched.
        #expect(drive.gone.count == 10)
    }

    @Test("Defect 17: IDENTIFYs go in the order of shard ids, whoever came first") func defect17Order() {
        var drive = Drive(maxConcurrency: 1)
        for shard in [2, 87, 58, 18, 30] { drive.ask(shard, of: 100) }
        drive.pass(.seconds(60))
        #expect(drive.gone.map(\.shard.id.rawValue) == [2, 18, 30, 58, 87])
    }

    @Test("Defect 28: of two hundred shards one identifies in the first 5 s, and a shard that comes again gets no fresh bucket") func defect28Global() {
        var drive = Drive(maxConcurrency: 1)
        for shard in 0..<200 { drive.ask(shard, of: 200) }
        drive.pass(.seconds(4))
        #expect(drive.gone.map(\.shard.id.rawValue) == [0])
        // Its session is lost at once.
        drive.ask(0, of: 200)
        drive.pass(.seconds(60))
        let times = drive.times(ofKey: 0, 1)
        #expect(times.count > 5 && zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .seconds(5) })
    }
}
