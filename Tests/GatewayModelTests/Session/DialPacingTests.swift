import ClusterTestKit
import GatewayModel
import Testing

@Suite("Dial pacing") struct DialPacingTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    /// Milliseconds after `start` of so many reservations in one instant; `nil`: full.
    private static func reserve(_ count: Int, _ pacing: inout DialPacing, after delay: Duration = .zero) -> [Int64?] {
        (0..<count).map { _ in
            switch pacing.reserve(at: Self.start + delay) {
            case .at(let instant): (instant.nanoseconds - Self.start.nanoseconds) / 1_000_000
            case .full: nil
            }
        }
    }

    @Test(
        "lets a second's worth start at once, and the rest follow at the rate",
        arguments: [
            (1, [0, 1000, 2000, 3000]), (2, [0, 0, 500, 1000]), (4, [0, 0, 0, 0, 250, 500]), (0.5, [0, 2000, 4000]), (0.1, [0, 10_000, 20_000]),
        ] as [(Double, [Int64])]) func rates(perSecond: Double, starts: [Int64])
    {
        var pacing = DialPacing(perSecond: perSecond)
        #expect(Self.reserve(starts.count, &pacing) == starts)
    }

    @Test("the burst comes back as time passes, and never grows beyond a second's worth") func burst() {
        var pacing = DialPacing(perSecond: 4)
        #expect(Self.reserve(4, &pacing) == [0, 0, 0, 0])
        #expect(Self.reserve(3, &pacing, after: .milliseconds(500)) == [500, 500, 750])
        #expect(Self.reserve(5, &pacing, after: .seconds(3600)) == [3_600_000, 3_600_000, 3_600_000, 3_600_000, 3_600_250])
    }

    @Test("reserves a minute ahead and no further, and half of that is free when those come back who asked in vain") func horizon() {
        var pacing = DialPacing(perSecond: 10)
        let starts = Self.reserve(1000, &pacing)
        // Ten at once, then one each 100 ms up to and with the sixtieth second.
        #expect(starts.count { $0 != nil } == 10 + 600)
        #expect(starts[609] == 60_000 && starts[610] == nil)
        guard case .full(let again) = pacing.reserve(at: Self.start) else { return #expect(Bool(false), "not full") }
        #expect(again - Self.start == .milliseconds(30_100))
        #expect(Self.reserve(400, &pacing, after: again - Self.start).count { $0 != nil } == 301)
    }

    @Test("a new rate holds for what is reserved from then on") func change() {
        var pacing = DialPacing(perSecond: 1)
        #expect(Self.reserve(3, &pacing) == [0, 1000, 2000])
        pacing.perSecond = 10
        #expect(Self.reserve(2, &pacing) == [2100, 2200])
        pacing.perSecond = 0.5
        #expect(Self.reserve(2, &pacing) == [3200, 5200])
    }

    @Test(
        "a rate that cannot be is the nearest that can",
        arguments: [(0, 0.01), (-3, 0.01), (.nan, 0.01), (.infinity, 100_000), (1e9, 100_000), (0.25, 0.25)] as [(Double, Double)])
    func clamping(given: Double, taken: Double) {
        #expect(DialPacing(perSecond: given).perSecond == taken)
        var pacing = DialPacing(perSecond: 5)
        pacing.perSecond = given
        #expect(pacing.perSecond == taken)
    }

    @Test("whatever is asked when: never more in a second than two seconds' worth, never beyond the horizon, never back in time") func walks() {
        for seed in UInt64(0)..<200 {
            var random = SeededGenerator(seed: seed)
            let perSecond = Double.random(in: 1...50, using: &random)
            var pacing = DialPacing(perSecond: perSecond)
            var now = Self.start
            var starts: [Instant] = []
            for step in 0..<400 {
                if Int.random(in: 0..<10, using: &random) == 0 { now = now + .milliseconds(Int64.random(in: 0...1500, using: &random)) }
                switch pacing.reserve(at: now) {
                case .at(let start):
                    #expect(start >= now && start - now <= DialPacing.horizon, "replay with seed \(seed), step \(step)")
                    starts.append(start)
                case .full(let again): #expect(again > now, "replay with seed \(seed), step \(step)")
                }
            }
            #expect(starts == starts.sorted(), "seed \(seed)")
            for (index, first) in starts.enumerated() {
                let within = starts[index...].prefix { $0 - first < .seconds(1) }.count
                guard Double(within) > 2 * perSecond + 1 else { continue }
                return #expect(Bool(false), "\(within) dials within a second at \(perSecond) a second: replay with seed \(seed)")
            }
        }
    }
}
