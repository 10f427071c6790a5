/// Every deliberate weakening, until a property catches it.
enum Mutants {
    static let seedLimit: UInt64 = 6_000

    static func run(_ options: Options) async -> Bool {
        var missed = 0
        let mutants = options.mutant.map { [$0] } ?? Mutant.allCases
        for mutant in mutants {
            let runner = Runner(minutes: options.minutes, threads: options.threads, mutant: mutant, breachLimit: 1, counting: mutant.breaks)
            let outcomes = await runner.run(1..<seedLimit + 1)
            let caught = outcomes.first { outcome in outcome.breach.map { mutant.breaks.contains($0.property) } ?? false }
            if let caught, let breach = caught.breach {
                say("caught\t\(mutant)\t\(breach.property.rawValue)\tseed \(caught.seed)\tafter \(outcomes.count) seeds\t\(breach.text)")
            } else {
                missed += 1
                say("MISSED\t\(mutant)\tin \(outcomes.count) seeds")
            }
        }
        say("\(mutants.count - missed) passed, \(missed) failed")
        return missed == 0
    }
}
