/// The last events of a session, addressed by `s`. Bounded: the oldest falls out.
struct ReplayBuffer: Hashable, Sendable {
    let capacity: Int
    /// The oldest `s` held; `lastSequence + 1` where empty.
    private(set) var firstSequence: Int64 = 1
    private(set) var lastSequence: Int64 = 0
    private var storage: [SimulatedEvent] = []

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// A buffer as it was saved. `events` end with `lastSequence`.
    init(capacity: Int, lastSequence: Int64, events: [SimulatedEvent]) {
        self.init(capacity: max(capacity, events.count))
        self.lastSequence = lastSequence - Int64(events.count)
        self.firstSequence = self.lastSequence + 1
        for event in events { self.append(event) }
    }

    var count: Int { Int(self.lastSequence - self.firstSequence + 1) }

    /// The event with `sequence`, which must be held.
    subscript(sequence: Int64) -> SimulatedEvent {
        self.storage[Int(sequence % Int64(self.storage.count))]
    }

    /// Gives `event` the next `s`.
    mutating func append(_ event: SimulatedEvent) {
        if self.count == self.storage.count {
            if self.storage.count < self.capacity { self.grow() } else { self.firstSequence += 1 }
        }
        self.lastSequence += 1
        self.storage[Int(self.lastSequence % Int64(self.storage.count))] = event
    }

    /// Forgets everything up to `sequence`.
    mutating func trim(through sequence: Int64) {
        self.firstSequence = max(self.firstSequence, min(sequence, self.lastSequence) + 1)
    }

    private mutating func grow() {
        let size = min(self.capacity, max(16, self.storage.count * 2))
        var larger = [SimulatedEvent](repeating: SimulatedEvent(id: 0, type: .ready, guild: 0), count: size)
        var sequence = self.firstSequence
        while sequence <= self.lastSequence {
            larger[Int(sequence % Int64(size))] = self[sequence]
            sequence += 1
        }
        self.storage = larger
    }
}
