import ArgumentParser
import Foundation
import Glibc

/// `muster-bench gateway`: what one event costs in the gateway library, held against issue 3's bounds and against what the machine could do at best.
struct GatewayBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "Measures the gateway library's hot path.",
        discussion: """
            A sender of frames that are built beforehand stands in a process of its own; the shard runs its whole session machine on one event loop. What is
            compared is CPU time, so that other work on the machine disturbs little. Each case runs several times; the median counts.
            """)

    @Option(help: "Only this case, and what its bounds refer to; may be given several times. A trailing * stands for any ending.") var only: [String] = []
    @Option(help: "Events of a run, warm-up included.") var events = 200_000
    @Option(help: "Runs of each case.") var repetitions = 3
    @Option(help: "Seconds without events before memory is read.") var idleSeconds = 8.0
    @Option(help: "A command to run each case under, such as \"perf record -g -o FILE\".") var under: String?
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "End with 1 where a bound is missed.") var check = false
    @Flag(help: "Name the cases and end.") var list = false

    func validate() throws {
        guard self.events >= 1000, self.repetitions >= 1 else { throw ValidationError("--events takes at least 1000, --repetitions at least 1.") }
    }

    func run() throws {
        let all = BenchCase.all(events: self.events)
        guard !self.list else { return print(all.map(\.name).joined(separator: "\n")) }
        let isTerminal = isatty(STDERR_FILENO) == 1
        let suite = BenchSuite(
            cases: try self.chosen(all), repetitions: self.repetitions, idleSeconds: self.idleSeconds,
            prefix: self.under.map { $0.split(separator: " ").map(String.init) } ?? []
        ) { text in
            if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8)) }
        }
        let results = try suite.run()
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        let reports = suite.cases.map { CaseReport($0, results) }
        if self.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(reports), as: UTF8.self))
        } else {
            print(Table.text(reports))
        }
        if self.check, !reports.allSatisfy(\.holds) { throw ExitCode(1) }
    }

    /// Those of `--only`, and what their bounds refer to.
    func chosen(_ all: [BenchCase]) throws -> [BenchCase] {
        guard !self.only.isEmpty else { return all }
        var names = Set<String>()
        for pattern in self.only {
            let matching = all.filter { pattern.hasSuffix("*") ? $0.name.hasPrefix(pattern.dropLast()) : $0.name == pattern }
            guard !matching.isEmpty else { throw BenchError.unknownCase(pattern, known: all.map(\.name)) }
            for bench in matching { names.formUnion([bench.name] + bench.bounds.compactMap(\.caseNamed)) }
        }
        return all.filter { names.contains($0.name) }
    }
}
