/// What the command line asks for.
struct Options {
    var seeds: Range<UInt64> = 1..<501
    var minutes = 10.0
    var single = false
    var trace = false
    var mutants = false
    var mutant: Mutant?
    var hashOnly = false
    /// With `--mutant`: its seeds, without the weakening.
    var isUnmutated = false
    var threads = 2
    /// Whether a rare state that was never reached fails the run: only a full run promises them all.
    var isFull: Bool { self.seeds.count >= 500 && self.minutes >= 10 && self.mutant == nil }

    static let usage = """
        usage: simulation-tests [--seed N] [--seeds N|A..<B] [--minutes M] [--trace] [--mutants] [--mutant NAME] [--threads N]
          --seed N       one seed, with its plan; --trace prints every line
          --seeds N|A..<B  the first N, or these; default 500
          --minutes M    simulated minutes of each seed, default 10
          --unmutated    with --mutant: the seeds that it would run on, without the weakening: they must all pass
          --mutants      every deliberate weakening must be caught; --mutant NAME: one of them
        """

    /// `nil`: not understood.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        func number<Value: LosslessStringConvertible>(_ rest: inout ArraySlice<String>) -> Value? { rest.popFirst().flatMap { Value($0) } }
        while let argument = rest.popFirst() {
            switch argument {
            case "--seed":
                guard let seed: UInt64 = number(&rest) else { return nil }
                self.seeds = seed..<seed + 1
                self.single = true
            case "--seeds":
                guard let text = rest.popFirst(), let range = Self.range(text) else { return nil }
                self.seeds = range
            case "--minutes":
                guard let minutes: Double = number(&rest), minutes >= 3 else { return nil }
                self.minutes = minutes
            case "--threads":
                guard let threads: Int = number(&rest), threads >= 1 else { return nil }
                self.threads = threads
            case "--trace": self.trace = true
            case "--mutants": self.mutants = true
            case "--mutant":
                guard let name = rest.popFirst(), let mutant = Mutant(rawValue: name) else { return nil }
                self.mutant = mutant
            case "--unmutated": self.isUnmutated = true
            case "--hash-only": self.hashOnly = true
            default: return nil
            }
        }
    }

    private static func range(_ text: String) -> Range<UInt64>? {
        if let count = UInt64(text), count > 0 { return 1..<count + 1 }
        guard let dots = text.firstRange(of: "..<"), let first = UInt64(text[..<dots.lowerBound]), let last = UInt64(text[dots.upperBound...]), first < last
        else { return nil }
        return first..<last
    }
}
