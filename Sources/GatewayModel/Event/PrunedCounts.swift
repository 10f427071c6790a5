/// How many dispatches were dropped because nobody wants their type.
public struct PrunedCounts: Hashable, Sendable {
    /// By documented type; those of which there were none are missing.
    public var byType: [EventType: Int] {
        var counts: [EventType: Int] = [:]
        for (type, count) in zip(EventType.all, self.known) where count > 0 { counts[type] = count }
        return counts
    }

    /// Of types that Discord does not document, all together: their names are not ours to collect.
    public private(set) var undocumented = 0

    /// In the order of `EventType.all`; empty before the first.
    private var known: [Int] = []

    /// None.
    package init() {}

    package mutating func count(_ type: EventType) {
        guard type.isKnown else {
            self.undocumented += 1
            return
        }
        if self.known.isEmpty { self.known = Array(repeating: 0, count: EventType.all.count) }
        self.known[Int(type.index)] += 1
    }

    /// What was dropped since these, of the same shard, were read.
    package func since(_ earlier: PrunedCounts) -> [ShardCount] {
        var counts: [ShardCount] = []
        if self.undocumented != earlier.undocumented { counts.append(.pruned(type: nil, self.undocumented - earlier.undocumented)) }
        guard self.known != earlier.known else { return counts }
        for (index, type) in EventType.all.enumerated() {
            let count = self.known[index] - (earlier.known.isEmpty ? 0 : earlier.known[index])
            if count > 0 { counts.append(.pruned(type: type, count)) }
        }
        return counts
    }
}
