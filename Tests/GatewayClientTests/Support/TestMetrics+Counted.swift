import GatewayModel
import MetricsTestKit

extension TestMetrics {
    /// Every series of ours that is not zero, such as `gaps{replay_hole}`: of counters their total, of gauges how it stands, of timers how many times.
    var counted: [String: Int64] {
        var counted: [String: Int64] = [:]
        for counter in self.counters where counter.totalValue != 0 { counted[Self.name(counter.label, counter.dimensions)] = counter.totalValue }
        for meter in self.meters where meter.lastValue ?? 0 != 0 { counted[Self.name(meter.label, meter.dimensions)] = Int64(meter.lastValue ?? 0) }
        for timer in self.timers where !timer.values.isEmpty { counted[Self.name(timer.label, timer.dimensions)] = Int64(timer.values.count) }
        return counted
    }

    private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
        let name = GatewayMetric(rawValue: label).map { "\($0)" } ?? label
        return dimensions.isEmpty ? name : "\(name){\(dimensions.map(\.1).joined(separator: ","))}"
    }
}
