/// The daily session start budget: how many IDENTIFYs may still be committed. Every doubt counts as spent.
///
/// Discord's own count is read now and then; between reads every committed permit counts, and so does every permit that was open when the
/// read began, because Discord may not have seen it yet.
package struct StartBudget: Sendable {
    /// At the limit all sessions end and the token dies: automatic starts stop this far above it, unless an operator opened the floor.
    package static func floor(ofTotal total: Int) -> Int {
        max(total / 20, 20)
    }

    /// How long starts count where Discord did not say when its window ends. Source: Discord docs, Gateway › Session Start Limit.
    private static let window = Duration.seconds(86_400)

    package private(set) var usedInWindow: Int
    package private(set) var windowEnds: Instant?
    package private(set) var openedFloor: (floor: Int, until: Instant)?
    private var last: (total: Int, remaining: Int)?
    /// Permits that the last read may not contain.
    private var sinceRead = 0
    /// Permits that a read which is under way may not contain; `nil` while none is.
    private var sinceReadBegan: Int?

    /// - Parameters:
    ///   - used: IDENTIFYs committed in the window that ends at `windowEnds`.
    ///   - windowEnds: `nil` where none is known or it has ended.
    package init(used: Int = 0, windowEnds: Instant? = nil, openedFloor: (floor: Int, until: Instant)? = nil) {
        self.windowEnds = windowEnds
        self.usedInWindow = windowEnds == nil ? 0 : used
        self.openedFloor = openedFloor
    }

    package var total: Int? { self.last?.total }

    package func floor(at now: Instant) -> Int {
        if let openedFloor, now < openedFloor.until { return openedFloor.floor }
        return Self.floor(ofTotal: self.last?.total ?? 0)
    }

    /// Permits that may still be committed above the floor; `nil` before the first read.
    package func available(at now: Instant) -> Int? {
        guard let last else { return nil }
        return max(0, min(last.total - self.usedInWindow, last.remaining - self.sinceRead) - self.floor(at: now))
    }

    package mutating func openFloor(_ floor: Int, until: Instant) {
        self.openedFloor = (floor, until)
    }

    package mutating func timePassed(to now: Instant) {
        if let ends = self.windowEnds, now >= ends {
            self.windowEnds = nil
            self.usedInWindow = 0  // Discord's own count stays what it was until it is read again
        }
        if let opened = self.openedFloor, now >= opened.until { self.openedFloor = nil }
    }

    /// - Parameter open: permits committed and without an outcome.
    package mutating func readBegan(open: Int) {
        self.sinceReadBegan = open
    }

    /// - Parameter limit: what Discord answered; `nil` where the read failed.
    package mutating func readEnded(_ limit: SessionStartLimit?, at now: Instant) {
        if let limit {
            self.last = (limit.total, limit.remaining)
            self.sinceRead = self.sinceReadBegan ?? self.sinceRead
            // 0 is what Discord says of a window in which nothing was started yet.
            if limit.resetAfterMilliseconds > 0 {
                let ends = now + .milliseconds(limit.resetAfterMilliseconds)
                // Discord's next window has begun, a moment before ours ended: what was used in the last one is over.
                if let old = self.windowEnds, ends > old + Self.window / 2 { self.usedInWindow = self.sinceRead }
                self.windowEnds = ends
            }
        }
        self.sinceReadBegan = nil
    }

    /// Called when the commit is handed over, so that what was possibly written is counted.
    package mutating func permitSpent(at now: Instant) {
        if self.windowEnds == nil { self.windowEnds = now + Self.window }
        self.usedInWindow += 1
        self.sinceRead += 1
        if let began = self.sinceReadBegan { self.sinceReadBegan = began + 1 }
    }

    /// The commit surely wrote nothing, and nobody was told.
    package mutating func permitNotWritten() {
        self.usedInWindow = max(0, self.usedInWindow - 1)
        self.sinceRead = max(0, self.sinceRead - 1)
        if let began = self.sinceReadBegan { self.sinceReadBegan = max(0, began - 1) }
    }
}
