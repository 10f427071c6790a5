public import GatewayModel

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

    mutating func count(_ type: EventType) {
        guard type.isKnown else {
            self.undocumented += 1
            return
        }
        if self.known.isEmpty { self.known = Array(repeating: 0, count: EventType.all.count) }
        self.known[Int(type.index)] += 1
    }
}
