/// What issue 3 allows a case at most.
struct Bound: Sendable {
    enum Metric: String, Codable, Sendable {
        case cpuPerMillion = "CPU s per million events"
        case allocations = "allocations per event"
        case readCalls = "read calls per event"
        case kibibytes = "KiB per idle shard"

        func value(of measurement: Measurement) -> Double? {
            switch self {
            case .cpuPerMillion: measurement.used == nil ? nil : measurement.cpuPerMillion
            case .allocations: measurement.allocationsPerEvent
            case .readCalls: measurement.readCallsPerEvent
            case .kibibytes: measurement.kibibytesPerConnection
            }
        }
    }

    enum Most: Sendable {
        case fixed(Double)
        case times(Double, caseNamed: String)
        case plus(Double, caseNamed: String)
        /// A limit that is measured with the case's own traffic.
        case timesLimit(Double, LimitKind)
    }

    var metric: Metric
    var most: Most

    static func cpu(_ most: Double) -> Bound { Bound(metric: .cpuPerMillion, most: .fixed(most)) }
    static func kibibytes(_ most: Double) -> Bound { Bound(metric: .kibibytes, most: .fixed(most)) }
    /// Of every case that one shard runs at saturation, delivered inline.
    static let allocationsAndReads = [Bound(metric: .allocations, most: .fixed(2)), Bound(metric: .readCalls, most: .fixed(0.25))]

    /// The case that must be measured first.
    var caseNamed: String? {
        switch self.most {
        case .fixed, .timesLimit: nil
        case .times(_, let name), .plus(_, let name): name
        }
    }
}
