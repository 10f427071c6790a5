import CoreMetrics
import Foundation
import GatewayClient
import GatewayModel
import MetricsTestKit
import Testing

@Suite("The documented metrics") struct MetricTableTests {
    private struct Row: Hashable {
        var name: String
        var kind: String
        /// With their values, where the table lists them.
        var labels: [String]
    }

    /// Labels of which the table says in words what they hold.
    private static let inWords: Set<String> = ["code", "type"]

    private static func documented() throws -> [Row] {
        var url = URL(filePath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        let text = try String(contentsOf: url.appending(path: "Sources/GatewayClient/GatewayClient.docc/Metrics.md"), encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let labels = cells[2].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "") }
            return Row(name: cells[0].replacing("`", with: ""), kind: cells[1], labels: labels.filter { !$0.isEmpty })
        }
    }

    private static func made() -> [Row] {
        GatewayMetric.allCases.map { metric in
            let series = ShardCount.allSeries.filter { $0.metric == metric }
            let labels = metric.labels.indices.map { index in
                let label = metric.labels[index]
                var values: [String] = []
                for value in series.map({ $0.values[index] }) where !values.contains(value) { values.append(value) }
                return Self.inWords.contains(label) ? label : "\(label): \(values.joined(separator: ", "))"
            }
            return Row(name: metric.rawValue, kind: metric.kind.rawValue, labels: labels)
        }
    }

    @Test("are those that there are, in the same order, with every label and its values") func table() throws {
        #expect(try Self.documented() == Self.made())
    }

    @Test("are made at once, at zero, with the dimensions that were asked for") func allMade() {
        let backend = TestMetrics()
        _ = GatewayMetrics(factory: backend, dimensions: [("bot", "helper")])
        let made =
            backend.counters.map { ($0.label, $0.dimensions) } + backend.meters.map { ($0.label, $0.dimensions) }
            + backend.timers.map { ($0.label, $0.dimensions) }
        #expect(made.count == ShardCount.allSeries.count)
        #expect(made.allSatisfy { label, dimensions in dimensions.first.map { $0 == ("bot", "helper") } ?? false })
        #expect(backend.counted == [:])
    }

    /// As the article shows it.
    static func countedApart(_ configuration: inout GatewayShardConfiguration) {
        configuration.metrics = GatewayMetrics(factory: MetricsSystem.factory, dimensions: [("bot", "helper")])
    }
}
