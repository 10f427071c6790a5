/// When one connection beats, and when silence means that it is a zombie.
struct Heartbeat: Hashable, Sendable {
    let interval: Duration
    private(set) var next: Instant
    private var isAwaitingACK = false
    /// When the latest beat of the schedule went out; `nil` once its time is known, or cannot be.
    private var sentAt: Instant?

    enum TimePassed: Hashable, Sendable {
        case nothing, beat
        /// The last beat is unanswered when the next is due.
        case zombie
    }

    /// - Parameter interval: HELLO's, positive. The first beat comes after a random part of it, so that a fleet does not beat in phase.
    init(interval: Duration, at now: Instant, using random: inout some RandomNumberGenerator) {
        self.interval = max(interval, SessionTiming.shortestInterval)
        self.next = now + self.interval * Double.random(in: 0..<1, using: &random)
    }

    /// - Parameter isReadingPaused: while we are the ones not reading, a missing ACK proves nothing.
    mutating func timePassed(to now: Instant, isReadingPaused: Bool) -> TimePassed {
        guard now >= self.next else { return .nothing }
        if self.isAwaitingACK && !isReadingPaused { return .zombie }
        self.isAwaitingACK = true
        self.sentAt = isReadingPaused ? nil : now
        self.next = self.next + self.interval
        // After a suspend or a long stall: one beat, not all that were missed.
        if self.next <= now { self.next = now + self.interval }
        return .beat
    }

    /// - Returns: how long the beat took there and back.
    mutating func acknowledged(at now: Instant) -> Duration? {
        self.isAwaitingACK = false
        defer { self.sentAt = nil }
        return self.sentAt.map { now - $0 }
    }

    /// Reading went on: the ACK may lie behind other data, so the next beat is not judged by it.
    mutating func readingWentOn() {
        self.isAwaitingACK = false
        self.sentAt = nil
    }
}
