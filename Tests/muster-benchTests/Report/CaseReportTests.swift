import Foundation
import Testing

@testable import muster_bench

@Suite("The report of the benchmark") struct CaseReportTests {
    private let timed = BenchCase(name: "timed", traffic: TrafficPlan(events: 1000), bounds: [.cpu(2.5)] + Bound.allocationsAndReads, limits: [.read])
    private let idle = BenchCase(name: "idle", traffic: TrafficPlan(shape: .idle, events: 10, connections: 2), bounds: [.kibibytes(30)])

    private func results(cpu: [Double]) -> BenchResults {
        var results = BenchResults("timed", cpu: cpu)
        results.add(.timed(cpu: 0.5), limit: .read, caseNamed: "timed")
        for kibibytes in [31, 29, 28] { results.add(.idle(kibibytes: kibibytes), caseNamed: "idle") }
        return results
    }

    @Test("has the figures of the median, and how far it is from the limit") func figures() {
        let report = CaseReport(self.timed, self.results(cpu: [3, 1, 2]))
        #expect(report.cpuPerMillion?.median == 2)
        #expect(report.cpuPerMegabyte == 0.002)
        #expect(report.systemShare == 0.5)
        #expect(report.eventsPerSecond == 250_000)
        #expect(report.busy == 0.5)
        #expect(report.timesPhysicalLimit == 4)
        #expect(report.holds)
        #expect(!CaseReport(self.timed, self.results(cpu: [3, 3, 2])).holds)
    }

    @Test("of an idle shard has memory, and no time") func memory() {
        let report = CaseReport(self.idle, self.results(cpu: [1]))
        #expect(report.kibibytesPerIdleShard?.median == 29)
        #expect(report.kibibytesInUsePerIdleShard == 14.5)
        #expect(report.cpuPerMillion == nil)
        #expect(report.holds)
    }

    @Test("of a case that could not run says why, and does not hold") func failure() {
        var results = BenchResults()
        results.fail("timed", "no openssl")
        let report = CaseReport(self.timed, results)
        #expect(report.failure == "no openssl")
        #expect(!report.holds)
        #expect(Table.text([report]).contains("FAILED timed: no openssl"))
    }

    @Test("is JSON with these names, which scripts read") func json() throws {
        let data = try JSONEncoder().encode([CaseReport(self.timed, self.results(cpu: [3, 1, 2]))])
        let object = try #require(try (JSONSerialization.jsonObject(with: data) as? [[String: Any]])?.first)
        let expected = [
            "name", "cpuPerMillion", "cpuPerMegabyte", "systemShare", "eventsPerSecond", "allocationsPerEvent", "readCallsPerEvent", "payloadBytesPerEvent",
            "busy", "limits", "physicalLimit", "timesPhysicalLimit", "verdicts",
        ]
        #expect(Set(object.keys) == Set(expected))
        #expect(Set(try #require(object["cpuPerMillion"] as? [String: Double]).keys) == ["median", "least", "most"])
        let verdicts = try #require(object["verdicts"] as? [[String: Any]])
        #expect(verdicts.map { $0["metric"] as? String } == ["CPU s per million events", "allocations per event", "read calls per event"])
        #expect(verdicts.allSatisfy { Set($0.keys) == ["metric", "value", "most", "holds"] })
    }

    @Test("for people is aligned, and says which bound is missed") func table() throws {
        let results = self.results(cpu: [3, 3, 2])
        let lines = Table.text([CaseReport(self.timed, results), CaseReport(self.idle, results)]).split(separator: "\n")
        let cpu = try #require(lines.first { $0.contains("CPU s per million events  ") })
        #expect(cpu.hasPrefix("timed ") && cpu.hasSuffix("MISSED"))
        #expect(lines.count { $0.hasSuffix("holds") } == 3)
        let verdicts = lines.filter { $0.hasSuffix("holds") || $0.hasSuffix("MISSED") }
        #expect(Set(verdicts.map(\.count)).count == 1)
    }
}
