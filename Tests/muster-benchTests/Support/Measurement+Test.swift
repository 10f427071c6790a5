@testable import muster_bench

extension Measurement {
    /// A million events in `cpu` seconds, half of them the system's, and twice as long by the clock.
    static func timed(cpu: Double, allocations: Int = 1_000_000, readCalls: Int = 100_000) -> Measurement {
        let used = ProcessFigures(wall: cpu * 2, userCPU: cpu / 2, systemCPU: cpu / 2, allocations: allocations, readCalls: readCalls)
        return Measurement(events: 1_000_000, payloadBytes: 1_000_000_000, used: used)
    }

    /// Two connections that added so much each.
    static func idle(kibibytes: Int) -> Measurement {
        let bytes = kibibytes * 1024 * 2
        return Measurement(events: 10, payloadBytes: 10, added: MemoryFigures(resident: bytes, inUse: bytes / 2, free: bytes / 4), connections: 2)
    }
}

extension BenchResults {
    /// Of one case, run after run.
    init(_ name: String, cpu: [Double]) {
        self.init()
        for value in cpu { self.add(.timed(cpu: value), caseNamed: name) }
    }
}
