import ArgumentParser
import Testing

@testable import muster_bench

@Suite("The cases of the benchmark") struct ChosenCasesTests {
    private let all = BenchCase.all(events: 200_000)

    @Test("have names of their own, and bounds that refer to a case before them") func table() {
        #expect(Set(self.all.map(\.name)).count == self.all.count)
        for (index, bench) in self.all.enumerated() {
            for name in bench.bounds.compactMap(\.caseNamed) {
                #expect(self.all[..<index].contains { $0.name == name }, "\(bench.name) refers to \(name)")
            }
            for case .timesLimit(_, let limit) in bench.bounds.map(\.most) { #expect(bench.limits.contains(limit), "\(bench.name)") }
        }
    }

    @Test(
        "are all, or those that were asked for with what their bounds refer to, in the order of the table",
        arguments: [
            (["--only", "json-plain"], ["json-plain"]), (["--only", "json-sequence"], ["json-plain", "json-sequence"]),
            (["--only", "json-zstd*", "--only", "json-tls"], ["json-tls", "json-zstd", "json-zstd-unique"]),
        ] as [([String], [String])])
    func chosen(arguments: [String], names: [String]) throws {
        #expect(try GatewayBenchCommand.parse(arguments).chosen(self.all).map(\.name) == names)
        #expect(try GatewayBenchCommand.parse([]).chosen(self.all).count == self.all.count)
    }

    @Test("one that does not exist is said, with those that do", arguments: ["json", "nothing*"]) func unknown(name: String) throws {
        let command = try GatewayBenchCommand.parse(["--only", name])
        let error = #expect(throws: BenchError.self) { try command.chosen(self.all) }
        #expect(error.map { "\($0)" }?.contains("json-plain") == true)
    }

    @Test("options that would measure nothing are refused", arguments: [["--events", "999"], ["--repetitions", "0"], ["--events", "many"]])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try GatewayBenchCommand.parse(arguments) }
    }
}
