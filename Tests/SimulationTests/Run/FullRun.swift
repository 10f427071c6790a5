import Foundation

/// Many seeds; then a few of them once more in another process, whose traces must be equal.
enum FullRun {
    static func run(_ options: Options) async -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        let processorStart = processorSeconds()
        say("simulation: \(options.seeds.count) seeds of \(options.minutes) simulated minutes, \(options.threads) threads")
        let runner = Runner(minutes: options.minutes, threads: options.threads, mutant: options.mutant, isUnmutated: options.isUnmutated, breachLimit: 10)
        let outcomes = await runner.run(options.seeds) { outcome, count in
            if let breach = outcome.breach { say("seed \(outcome.seed): \(breach.property.rawValue) at\(Trace.stamp(breach.time)) s: \(breach.text)") }
            if count % 50 == 0 { say("\(count) of \(options.seeds.count) seeds, \((clock.now - start).components.seconds) s") }
        }
        let seconds = Double((clock.now - start).components.seconds) + Double((clock.now - start).components.attoseconds) / 1e18
        let processor = processorSeconds() - processorStart
        var failed = outcomes.filter { $0.breach != nil }.count
        if let first = outcomes.first(where: { $0.breach != nil }) {
            let (again, lines) = Outcome.readable(
                seed: first.seed, minutes: options.minutes, mutant: options.mutant, isUnmutated: options.isUnmutated, prints: false)
            SingleSeed.report(again, lines: lines)
            say("replay: simulation-tests --seed \(first.seed) --minutes \(options.minutes) --trace")
        }
        var rare = RareCounts()
        for outcome in outcomes { rare.add(outcome.rare) }
        say("rare states reached:")
        for state in Rare.allCases { say("  \(rare[state])\t\(state)") }
        if options.isFull {
            for state in Rare.allCases where rare[state] == 0 {
                say("never reached: \(state)")
                failed += 1
            }
        }
        for outcome in outcomes.filter({ $0.breach == nil }).prefix(4) where options.mutant == nil {
            guard let hash = hashInAnotherProcess(seed: outcome.seed, minutes: options.minutes) else {
                say("seed \(outcome.seed): the second process did not answer")
                failed += 1
                continue
            }
            if hash != outcome.traceHash {
                say("seed \(outcome.seed): \(Property.determinism.rawValue): no, \(String(outcome.traceHash, radix: 16)) and \(String(hash, radix: 16))")
                failed += 1
            }
        }
        let simulated = outcomes.reduce(0) { $0 + $1.simulated }
        let steps = outcomes.reduce(0) { $0 + $1.steps }
        say(
            "\(Int(simulated)) simulated seconds in \(rounded(seconds)) s (\(rounded(processor)) core-seconds): \(Int(simulated / processor)) simulated seconds per core-second, \(steps) steps"
        )
        say("\(outcomes.filter { $0.breach == nil }.count) passed, \(failed) failed")
        return failed == 0
    }

    private static func rounded(_ value: Double) -> String { String(Double(Int(value * 10)) / 10) }

    private static func processorSeconds() -> Double {
        Double(clock()) / Double(CLOCKS_PER_SEC)
    }

    /// A process of its own has hash seeds of its own: an order that hangs on them shows.
    private static func hashInAnotherProcess(seed: UInt64, minutes: Double) -> UInt64? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--seed", String(seed), "--minutes", String(minutes), "--hash-only"]
        let pipe = Foundation.Pipe()
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return UInt64(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
