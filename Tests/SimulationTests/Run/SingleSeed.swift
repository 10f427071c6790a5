/// One seed, to be read.
enum SingleSeed {
    static func run(_ options: Options) -> Bool {
        let seed = options.seeds.lowerBound
        say("seed \(seed): \(Plan(seed: seed, minutes: options.minutes, mutant: options.mutant).summary)")
        let (outcome, lines) = Outcome.readable(
            seed: seed, minutes: options.minutes, mutant: options.mutant, isUnmutated: options.isUnmutated, prints: options.trace)
        report(outcome, lines: options.trace ? [] : lines)
        say("\(outcome.steps) steps, trace hash \(String(outcome.traceHash, radix: 16))")
        say("\(outcome.breach == nil ? 1 : 0) passed, \(outcome.breach == nil ? 0 : 1) failed")
        return outcome.breach == nil
    }

    /// The property, the time, and the last lines before it.
    static func report(_ outcome: Outcome, lines: [String], last: Int = 40) {
        guard let breach = outcome.breach else { return }
        for line in lines.suffix(last) { say("    \(line)") }
        say("seed \(outcome.seed) breaks \(breach.property.rawValue) at\(Trace.stamp(breach.time)) s: \(breach.text)")
    }
}
