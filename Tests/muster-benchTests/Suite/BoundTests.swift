import Testing

@testable import muster_bench

@Suite("Bounds of the benchmark") struct BoundTests {
    private let bench = BenchCase(name: "case", traffic: TrafficPlan(events: 1000), limits: [.read, .inflate, .memcpy])

    /// The case took 3 s per million (median of 2, 3, 4), the one that it may refer to 2 s, and inflate alone 2.5 s.
    private var results: BenchResults {
        var results = BenchResults("case", cpu: [4, 2, 3])
        for cpu in [2.0, 2, 8] { results.add(.timed(cpu: cpu), caseNamed: "other") }
        results.add(.timed(cpu: 2.5), limit: .inflate, caseNamed: "case")
        return results
    }

    @Test(
        "hold the median against a number, another case, or a limit",
        arguments: [
            (.fixed(3), 3, true), (.fixed(2.99), 2.99, false), (.times(1.5, caseNamed: "other"), 3, true), (.times(1.4, caseNamed: "other"), 2.8, false),
            (.plus(1, caseNamed: "other"), 3, true), (.plus(0.5, caseNamed: "other"), 2.5, false), (.timesLimit(1.2, .inflate), 3, true),
            (.timesLimit(1, .inflate), 2.5, false),
        ] as [(Bound.Most, Double, Bool)])
    func verdicts(most: Bound.Most, value: Double, holds: Bool) throws {
        let verdict = try #require(self.results.verdict(Bound(metric: .cpuPerMillion, most: most), of: self.bench))
        #expect(verdict.value == 3)
        #expect(abs(verdict.most - value) < 1e-9)
        #expect(verdict.holds == holds)
    }

    @Test(
        "say nothing where what they refer to was not measured",
        arguments: [.times(2, caseNamed: "absent"), .plus(1, caseNamed: "absent"), .timesLimit(1, .memcpy)] as [Bound.Most])
    func missing(most: Bound.Most) {
        #expect(self.results.verdict(Bound(metric: .cpuPerMillion, most: most), of: self.bench) == nil)
        #expect(BenchResults().verdict(.cpu(3), of: self.bench) == nil)
    }

    @Test("are per event, or per idle shard") func metrics() throws {
        let timed = Measurement.timed(cpu: 3, allocations: 2_000_000, readCalls: 250_000)
        #expect(Bound.Metric.cpuPerMillion.value(of: timed) == 3)
        #expect(Bound.Metric.allocations.value(of: timed) == 2)
        #expect(Bound.Metric.readCalls.value(of: timed) == 0.25)
        #expect(Bound.Metric.kibibytes.value(of: timed) == nil)
        #expect(Bound.Metric.kibibytes.value(of: .idle(kibibytes: 30)) == 30)
        #expect(Bound.Metric.cpuPerMillion.value(of: .idle(kibibytes: 30)) == nil)
    }

    @Test("the physical limit is the sum of what no library can avoid, or unknown") func physicalLimit() {
        var results = self.results
        #expect(results.physicalLimit(self.bench) == nil, "read was not measured")
        results.add(.timed(cpu: 0.25), limit: .read, caseNamed: "case")
        results.add(.timed(cpu: 7), limit: .memcpy, caseNamed: "case")
        #expect(results.physicalLimit(self.bench) == 2.75)
    }
}
