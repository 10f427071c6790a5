public import CoreMetrics
import GatewayModel

/// Where shards are counted: every metric of this library, each made once. <doc:Metrics> lists them.
///
/// All shards of a process share one by themselves, that of the process's `MetricsSystem`: bootstrap it before the first shard. Make another for a
/// second bot in the same process, to be told apart by dimensions, or for tests.
public final class GatewayMetrics: Sendable {
    private enum Handle: Sendable {
        case counter(Counter)
        case gauge(Meter)
        case timer(CoreMetrics.Timer)
    }

    /// All there can be. So nothing is made, and no lock is taken, once shards run.
    private let handles: [MetricSeries: Handle]

    /// Makes all metrics, at zero.
    ///
    /// - Parameters:
    ///   - factory: of the backend.
    ///   - dimensions: that all of them have besides their own labels, such as the bot's name.
    public init(factory: any MetricsFactory, dimensions: [(String, String)] = []) {
        let handles = ShardCount.allSeries.map { series -> (MetricSeries, Handle) in
            let label = series.metric.rawValue
            let dimensions = dimensions + series.dimensions
            switch series.metric.kind {
            case .counter: return (series, .counter(Counter(label: label, dimensions: dimensions, factory: factory)))
            case .gauge: return (series, .gauge(Meter(label: label, dimensions: dimensions, factory: factory)))
            case .timer:
                return (series, .timer(CoreMetrics.Timer(label: label, dimensions: dimensions, preferredDisplayUnit: .seconds, factory: factory)))
            }
        }
        self.handles = Dictionary(uniqueKeysWithValues: handles)
    }

    /// Of every shard that names none: of the `MetricsSystem` as it is when the first of them is made.
    static let process = GatewayMetrics(factory: MetricsSystem.factory)

    func record(_ counts: [ShardCount]) {
        for count in counts {
            guard let handle = self.handles[count.series] else {
                // Nothing that a bot should end for.
                assertionFailure("a metric that is not among all: \(count)")
                continue
            }
            switch handle {
            case .counter(let counter): counter.increment(by: count.amount)
            case .gauge(let gauge): count.amount < 0 ? gauge.decrement(by: Double(-count.amount)) : gauge.increment(by: Double(count.amount))
            case .timer(let timer): timer.recordNanoseconds(count.amount)
            }
        }
    }
}
