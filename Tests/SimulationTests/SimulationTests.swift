import Foundation

/// The real machines under virtual time, by seed. Exit code 1 where a property was broken.
@main
struct SimulationTests {
    static func main() async {
        guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
            say(Options.usage)
            exit(2)
        }
        let isGood: Bool
        if options.hashOnly {
            say(String(Outcome.of(seed: options.seeds.lowerBound, minutes: options.minutes).traceHash))
            isGood = true
        } else if options.mutants {
            isGood = await Mutants.run(options)
        } else if options.single {
            isGood = SingleSeed.run(options)
        } else {
            isGood = await FullRun.run(options)
        }
        exit(isGood ? 0 : 1)
    }
}
