/// One line of a metric: its labels' values, in the order of `GatewayMetric.labels`.
package struct MetricSeries: Hashable, Sendable {
    package let metric: GatewayMetric
    package let values: [String]

    init(_ metric: GatewayMetric, _ values: String...) {
        self.metric = metric
        self.values = values
    }

    package var dimensions: [(String, String)] { Array(zip(self.metric.labels, self.values)) }
}
