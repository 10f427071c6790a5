/// How one seed ended.
struct Outcome: Sendable {
    var seed: UInt64
    var breach: Breach?
    var traceHash: UInt64
    var steps: Int
    var simulated: Double
    var rare: RareCounts

    static func of(seed: UInt64, minutes: Double, mutant: Mutant? = nil, isUnmutated: Bool = false) -> Outcome {
        let world = World(plan: Plan(seed: seed, minutes: minutes, mutant: mutant), mutant: isUnmutated ? nil : mutant)
        world.run()
        return Outcome(
            seed: seed, breach: world.breach, traceHash: world.trace.hash, steps: world.trace.steps, simulated: Double(world.time) / 1e9, rare: world.rare)
    }

    /// The same seed once more, with its trace.
    static func readable(seed: UInt64, minutes: Double, mutant: Mutant? = nil, isUnmutated: Bool = false, prints: Bool) -> (Outcome, [String]) {
        let world = World(plan: Plan(seed: seed, minutes: minutes, mutant: mutant), mutant: isUnmutated ? nil : mutant, readable: true, prints: prints)
        world.run()
        return (
            Outcome(
                seed: seed, breach: world.breach, traceHash: world.trace.hash, steps: world.trace.steps, simulated: Double(world.time) / 1e9, rare: world.rare),
            world.trace.lines
        )
    }
}
