import Testing

/// A machine under random inputs, by seed, that says which rules it broke.
protocol RandomWalk {
    init(seed: UInt64)
    mutating func step()
    /// After the last step: what must come to an end.
    mutating func finish()
    var violations: [String] { get }
    /// How often it came where.
    var seen: [String: Int] { get }
}

extension RandomWalk {
    /// Walks of 1000 steps. All together they come everywhere, or they prove nothing.
    static func run(seeds: Range<UInt64>, comingTo names: [String]) {
        var seen: [String: Int] = [:]
        for seed in seeds {
            var walk = Self(seed: seed)
            for step in 0..<1_000 {
                walk.step()
                guard walk.violations.isEmpty else {
                    #expect(walk.violations == [], "replay with seed \(seed), step \(step)")
                    return
                }
            }
            walk.finish()
            #expect(walk.violations == [], "replay with seed \(seed), at the end")
            seen.merge(walk.seen, uniquingKeysWith: +)
        }
        for name in names { #expect(seen[name, default: 0] > 20, "\(name): \(seen[name, default: 0])") }
    }
}
