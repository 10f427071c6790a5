/// What the report says of one case; `--json` prints exactly this.
struct CaseReport: Codable, Sendable {
    var name: String
    /// `nil` where the case could not run, and `failure` says why.
    var cpuPerMillion: Spread?
    var cpuPerMegabyte: Double?
    var systemShare: Double?
    var eventsPerSecond: Double?
    var allocationsPerEvent: Double?
    var readCallsPerEvent: Double?
    var payloadBytesPerEvent: Double?
    var wireBytesPerEvent: Double?
    var busy: Double?
    var kibibytesPerIdleShard: Spread?
    /// Of the median: what is allocated, and what malloc keeps though it is free.
    var kibibytesInUsePerIdleShard: Double?
    var kibibytesFreePerIdleShard: Double?
    /// CPU seconds per million events of each limit.
    var limits: [String: Spread]
    /// The sum of what no library can avoid, and how many times that the case took.
    var physicalLimit: Double?
    var timesPhysicalLimit: Double?
    /// How many times what a NIO pipeline takes that only counts frames.
    var timesBarePipeline: Double?
    var verdicts: [Verdict]
    var failure: String?

    init(_ bench: BenchCase, _ results: BenchResults) {
        self.name = bench.name
        let all = results.cases[bench.name] ?? []
        let middle = all.sorted { $0.cpuPerMillion < $1.cpuPerMillion }.dropFirst(all.count / 2).first
        let isTimed = bench.traffic.shape != .idle
        self.cpuPerMillion = isTimed ? results.spread(.cpuPerMillion, caseNamed: bench.name) : nil
        self.kibibytesPerIdleShard = results.spread(.kibibytes, caseNamed: bench.name)
        let middleByMemory = all.sorted { ($0.kibibytesPerConnection ?? 0) < ($1.kibibytesPerConnection ?? 0) }.dropFirst(all.count / 2).first
        self.kibibytesInUsePerIdleShard = middleByMemory?.kibibytesInUsePerConnection
        self.kibibytesFreePerIdleShard = middleByMemory?.kibibytesFreePerConnection
        if isTimed, let middle {
            self.cpuPerMegabyte = middle.cpuPerMegabyte
            self.systemShare = middle.used.map { $0.systemCPU / middle.cpu }
            self.eventsPerSecond = middle.eventsPerSecond
            self.allocationsPerEvent = middle.allocationsPerEvent
            self.readCallsPerEvent = middle.readCallsPerEvent
            self.payloadBytesPerEvent = Double(middle.payloadBytes) / Double(middle.events)
            self.busy = middle.busy
        }
        self.wireBytesPerEvent = results.wireBytesPerEvent[bench.name]
        self.limits = [:]
        for limit in bench.limits { self.limits[limit.rawValue] = results.cpu(of: limit, caseNamed: bench.name) }
        self.physicalLimit = results.physicalLimit(bench)
        if let limit = self.physicalLimit, let cpu = self.cpuPerMillion { self.timesPhysicalLimit = cpu.median / limit }
        if let bare = results.cpu(of: .barePipeline, caseNamed: bench.name), let cpu = self.cpuPerMillion { self.timesBarePipeline = cpu.median / bare.median }
        self.verdicts = bench.bounds.compactMap { results.verdict($0, of: bench) }
        self.failure = results.failures[bench.name]
    }

    var holds: Bool { self.failure == nil && self.verdicts.allSatisfy(\.holds) }
}
