import Foundation

/// The report for people.
enum Table {
    static func text(_ reports: [CaseReport]) -> String {
        let timed = reports.filter { $0.cpuPerMillion != nil }
        let idle = reports.filter { $0.kibibytesPerIdleShard != nil }
        var lines: [String] = []
        if !timed.isEmpty {
            lines += self.aligned(
                [["case", "CPU s/M", "least–most", "s/GB", "sys %", "kev/s", "allocs", "reads", "B/event", "on wire", "busy %", "× limit", "× bare"]]
                    + timed.map(self.row))
        }
        if !idle.isEmpty {
            lines += [""]
            lines += self.aligned(
                [["case", "KiB/shard", "least–most", "allocated", "kept free"]]
                    + idle.map {
                        [$0.name] + self.spread($0.kibibytesPerIdleShard, 1) + [
                            self.number($0.kibibytesInUsePerIdleShard, 1), self.number($0.kibibytesFreePerIdleShard, 1),
                        ]
                    })
        }
        let limits = timed.filter { !$0.limits.isEmpty }
        if !limits.isEmpty {
            lines += ["", "Limits with the same traffic, CPU s per million events:"]
            lines += self.aligned(
                limits.map { report in
                    [report.name] + LimitKind.allCases.compactMap { kind in report.limits[kind.rawValue].map { "\(kind) \(self.number($0.median, 2))" } }
                })
        }
        let verdicts = reports.flatMap { report in report.verdicts.map { (report.name, $0) } }
        if !verdicts.isEmpty {
            lines += ["", "Bounds:"]
            lines += self.aligned(
                verdicts.map { [$0, $1.metric.rawValue, self.number($1.value, 2), "at most \(self.number($1.most, 2))", $1.holds ? "holds" : "MISSED"] })
        }
        for report in reports { if let failure = report.failure { lines += ["", "FAILED \(report.name): \(failure)"] } }
        return lines.joined(separator: "\n")
    }

    private static func row(_ report: CaseReport) -> [String] {
        [report.name] + self.spread(report.cpuPerMillion, 2) + [
            self.number(report.cpuPerMegabyte.map { $0 * 1000 }, 2), self.number(report.systemShare.map { $0 * 100 }, 0),
            self.number(report.eventsPerSecond.map { $0 / 1000 }, 0), self.number(report.allocationsPerEvent, 2), self.number(report.readCallsPerEvent, 3),
            self.number(report.payloadBytesPerEvent, 0), self.number(report.wireBytesPerEvent, 0), self.number(report.busy.map { $0 * 100 }, 0),
            self.number(report.timesPhysicalLimit, 2), self.number(report.timesBarePipeline, 2),
        ]
    }

    private static func spread(_ spread: Spread?, _ digits: Int) -> [String] {
        [self.number(spread?.median, digits), "\(self.number(spread?.least, digits))–\(self.number(spread?.most, digits))"]
    }

    private static func number(_ value: Double?, _ digits: Int) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "–"
    }

    /// The first column to the left, the others to the right.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { index, cell in
                let space = String(repeating: " ", count: widths[index] - cell.count)
                return index == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
    }
}
