import Testing

@testable import LocalCluster

@Suite("Summary") struct SummaryTests {
    static let good = Summary(
        duration: .milliseconds(30_005), due: 100, accepted: 100, lost: 0, open: 3, declared: 0, replayed: 4, repeated: 0, kills: 2, resumes: 8, identifies: 0,
        identifyViolations: 0, otherViolations: 0, recoveryMedian: .milliseconds(812), recoveryMax: .seconds(1), everyShardWasLive: true,
        everyKillRecovered: true, surprises: [])

    @Test("a run that held ends with 0") func held() {
        #expect(Self.good.exitCode == 0)
        #expect(Self.good.lines.last == "ok: nothing lost, no limit broken")
        #expect(Self.good.lines.contains { $0.hasPrefix("  kill to all live, p50") && $0.hasSuffix("0.812 s") })
        #expect(Set(Self.good.lines.dropLast().map(\.count)).count == 1)
    }

    @Test(
        "anything lost or any limit broken ends with 1, and says what",
        arguments: [
            Broken("1 events lost") { $0.lost = 1 },
            Broken("2 events repeated within one epoch") { $0.repeated = 2 },
            Broken("1 IDENTIFYs broke Discord's limits") { $0.identifyViolations = 1 },
            Broken("3 other violations of Discord's rules") { $0.otherViolations = 3 },
            Broken("nobody knows whether a limit was broken: the simulator did not say") {
                $0.identifyViolations = nil
                $0.otherViolations = nil
            },
            Broken("not every shard came live") { $0.everyShardWasLive = false },
            Broken("the shards of a killed worker did not come back") { $0.everyKillRecovered = false },
            Broken("w1 ended by itself") { $0.surprises = ["w1 ended by itself"] },
        ])
    func broken(_ broken: Broken) {
        var summary = Self.good
        broken.change(&summary)
        #expect(summary.exitCode == 1)
        #expect(summary.lines.last == "FAILED: \(broken.reason)")
    }

    struct Broken: Sendable {
        var reason: String
        var change: @Sendable (inout Summary) -> Void

        init(_ reason: String, _ change: @escaping @Sendable (inout Summary) -> Void) {
            self.reason = reason
            self.change = change
        }
    }
}
