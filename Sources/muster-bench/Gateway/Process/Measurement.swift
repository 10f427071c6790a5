/// What one process measured between the end of the warm-up and the last event. Printed as one line of JSON.
struct Measurement: Codable, Sendable {
    var events: Int
    /// Of the events' payloads, before compression.
    var payloadBytes: Int
    /// `nil` where the case measures memory only.
    var used: ProcessFigures?
    /// What all shards together added.
    var added: MemoryFigures?
    var connections = 1

    var cpu: Double { self.used.map { $0.userCPU + $0.systemCPU } ?? 0 }
    var cpuPerMillion: Double { self.cpu / Double(self.events) * 1e6 }
    var cpuPerMegabyte: Double { self.cpu / (Double(self.payloadBytes) / 1e6) }
    var eventsPerSecond: Double { self.used.map { Double(self.events) / $0.wall } ?? 0 }
    var allocationsPerEvent: Double { self.used.map { Double($0.allocations) / Double(self.events) } ?? 0 }
    var readCallsPerEvent: Double { self.used.map { Double($0.readCalls) / Double(self.events) } ?? 0 }
    /// Share of the wall time in which this process computed: much less than 1 says that it waited for the sender, or for a turn.
    var busy: Double { self.used.map { self.cpu / $0.wall } ?? 0 }
    var kibibytesPerConnection: Double? { self.added.map { self.perConnection($0.resident) } }
    var kibibytesInUsePerConnection: Double? { self.added.map { self.perConnection($0.inUse) } }
    var kibibytesFreePerConnection: Double? { self.added.map { self.perConnection($0.free) } }

    private func perConnection(_ bytes: Int) -> Double {
        Double(bytes) / 1024 / Double(self.connections)
    }
}
