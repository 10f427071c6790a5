/// What was measured so far, by case and by limit.
struct BenchResults {
    private(set) var cases: [String: [Measurement]] = [:]
    /// By the case whose traffic it was measured with.
    private(set) var limits: [String: [LimitKind: [Measurement]]] = [:]
    private(set) var failures: [String: String] = [:]
    /// Of one connection, by case.
    private(set) var wireBytesPerEvent: [String: Double] = [:]

    mutating func add(_ measurement: Measurement, caseNamed name: String) {
        self.cases[name, default: []].append(measurement)
    }

    mutating func add(_ measurement: Measurement, limit: LimitKind, caseNamed name: String) {
        self.limits[name, default: [:]][limit, default: []].append(measurement)
    }

    mutating func note(wireBytesPerEvent bytes: Double, caseNamed name: String) {
        self.wireBytesPerEvent[name] = bytes
    }

    mutating func fail(_ name: String, _ why: String) {
        self.failures[name] = why
    }

    func spread(_ metric: Bound.Metric, caseNamed name: String) -> Spread? {
        Spread((self.cases[name] ?? []).compactMap { metric.value(of: $0) })
    }

    func cpu(of limit: LimitKind, caseNamed name: String) -> Spread? {
        Spread((self.limits[name]?[limit] ?? []).map(\.cpuPerMillion))
    }

    /// The sum of what no library can avoid.
    func physicalLimit(_ bench: BenchCase) -> Double? {
        let parts = bench.physicalLimits.compactMap { self.cpu(of: $0, caseNamed: bench.name)?.median }
        return parts.isEmpty || parts.count < bench.physicalLimits.count ? nil : parts.reduce(0, +)
    }

    /// `nil` where what it refers to was not measured.
    func most(_ bound: Bound, of bench: BenchCase) -> Double? {
        switch bound.most {
        case .fixed(let most): most
        case .times(let factor, let name): self.spread(bound.metric, caseNamed: name).map { factor * $0.median }
        case .plus(let more, let name): self.spread(bound.metric, caseNamed: name).map { more + $0.median }
        case .timesLimit(let factor, let limit): self.cpu(of: limit, caseNamed: bench.name).map { factor * $0.median }
        }
    }

    func verdict(_ bound: Bound, of bench: BenchCase) -> Verdict? {
        guard let value = self.spread(bound.metric, caseNamed: bench.name)?.median, let most = self.most(bound, of: bench) else { return nil }
        return Verdict(metric: bound.metric, value: value, most: most, holds: value <= most)
    }
}

/// Of repetitions.
struct Spread: Codable, Sendable {
    var median: Double
    var least: Double
    var most: Double

    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let least = sorted.first, let most = sorted.last else { return nil }
        self.median = sorted[sorted.count / 2]
        self.least = least
        self.most = most
    }
}

/// A bound, held against what was measured.
struct Verdict: Codable, Sendable {
    var metric: Bound.Metric
    var value: Double
    var most: Double
    var holds: Bool
}
