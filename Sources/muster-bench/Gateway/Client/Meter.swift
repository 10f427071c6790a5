import Synchronization

/// Counts deliveries and takes the process's figures at the first and at the last. All calls come on one event loop.
final class Meter: Sendable {
    // Atomics for the compiler's sake: with one writer, plain loads and stores are enough.
    private let deliveries = Atomic(0)
    private let bytes = Atomic(0)
    private let first: Int
    private let last: Int
    private let figures = Mutex<(start: ProcessFigures?, end: ProcessFigures?)>((nil, nil))
    private let progress: AsyncThrowingStream<Never, any Error>.Continuation
    /// Ends with the last delivery, or throws what disturbed the run.
    let end: AsyncThrowingStream<Never, any Error>

    /// - Parameter first: deliveries before the clock starts.
    init(first: Int, last: Int) {
        self.first = first
        self.last = last
        (self.end, self.progress) = AsyncThrowingStream.makeStream()
    }

    /// - Returns: whether it was the last.
    @inline(__always)
    @discardableResult
    func delivered(bytes: Int) -> Bool {
        let deliveries = self.deliveries.load(ordering: .relaxed) &+ 1
        self.deliveries.store(deliveries, ordering: .relaxed)
        self.bytes.store(self.bytes.load(ordering: .relaxed) &+ bytes, ordering: .relaxed)
        guard deliveries == self.first || deliveries == self.last else { return false }
        self.passed(deliveries)
        return deliveries == self.last
    }

    func disturbed(_ event: String) {
        self.progress.finish(throwing: BenchError.disturbed(event))
    }

    var used: ProcessFigures? {
        self.figures.withLock { figures in
            guard let start = figures.start, let end = figures.end else { return nil }
            return end - start
        }
    }

    /// Bytes of `d` delivered so far.
    var deliveredBytes: Int { self.bytes.load(ordering: .relaxed) }

    private func passed(_ deliveries: Int) {
        let now = ProcessFigures.now
        self.figures.withLock { if deliveries == self.first { $0.start = now } else { $0.end = now } }
        if deliveries == self.last { self.progress.finish() }
    }
}
