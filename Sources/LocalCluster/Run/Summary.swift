import GatewayModel

/// What a run came to, and whether it held what Muster promises.
struct Summary: Equatable, Sendable {
    /// From every shard live to the end.
    var duration: Duration
    var due: Int
    var accepted: Int
    var lost: Int
    /// Not judged yet: they stay in the simulator's replay buffers for the next start.
    var open: Int
    var declared: Int
    var replayed: Int
    var repeated: Int
    var kills: Int
    var resumes: Int
    /// IDENTIFYs after every shard was live for the first time.
    var identifies: Int
    /// IDENTIFYs too early, or above the daily limit. `nil`: the simulator did not say, so nobody knows.
    var identifyViolations: Int?
    var otherViolations: Int?
    /// From a kill until every shard was live again.
    var recoveryMedian: Duration?
    var recoveryMax: Duration?
    /// Whether every shard was live at all.
    var everyShardWasLive: Bool
    /// Whether each kill's shards came back before the end.
    var everyKillRecovered: Bool
    /// Lines that nobody could read, and processes that ended by themselves.
    var surprises: [String]

    /// Why this run did not hold, each as one line; empty where it did.
    var failures: [String] {
        var failures: [String] = []
        if !self.everyShardWasLive { failures.append("not every shard came live") }
        if self.lost > 0 { failures.append("\(self.lost) events lost") }
        if self.repeated > 0 { failures.append("\(self.repeated) events repeated within one epoch") }
        if let violations = self.identifyViolations, violations > 0 { failures.append("\(violations) IDENTIFYs broke Discord's limits") }
        if let violations = self.otherViolations, violations > 0 { failures.append("\(violations) other violations of Discord's rules") }
        if self.identifyViolations == nil || self.otherViolations == nil {
            failures.append("nobody knows whether a limit was broken: the simulator did not say")
        }
        if !self.everyKillRecovered { failures.append("the shards of a killed worker did not come back") }
        return failures + self.surprises
    }

    var exitCode: Int32 { self.failures.isEmpty ? 0 : 1 }

    /// A table for people, and then one line that says whether it held.
    var lines: [String] {
        let rows: [(String, String)] = [
            ("duration", Self.seconds(self.duration)),
            ("events due", "\(self.due)"),
            ("accepted", "\(self.accepted)"),
            ("lost", "\(self.lost)"),
            ("left for the next start", "\(self.open)"),
            ("declared (re-shard)", "\(self.declared)"),
            ("replayed after a RESUME", "\(self.replayed)"),
            ("repeated beyond replay", "\(self.repeated)"),
            ("workers killed", "\(self.kills)"),
            ("kill to all live, p50", self.recoveryMedian.map(Self.seconds) ?? "-"),
            ("kill to all live, max", self.recoveryMax.map(Self.seconds) ?? "-"),
            ("sessions resumed", "\(self.resumes)"),
            ("IDENTIFYs after the first start", "\(self.identifies)"),
            ("identify violations", self.identifyViolations.map(String.init) ?? "unknown"),
            ("other violations", self.otherViolations.map(String.init) ?? "unknown"),
        ]
        let name = rows.map(\.0.count).max() ?? 0
        let value = rows.map(\.1.count).max() ?? 0
        let table = rows.map { row in
            "  " + row.0 + String(repeating: " ", count: name - row.0.count + 2 + value - row.1.count) + row.1
        }
        return table + [self.failures.isEmpty ? "ok: nothing lost, no limit broken" : "FAILED: " + self.failures.joined(separator: "; ")]
    }

    /// To the millisecond below a minute.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.inNanoseconds / 1_000_000
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
    }
}
