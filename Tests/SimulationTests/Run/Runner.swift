import Synchronization

/// Runs seeds on all cores: each child task takes the next seed until none is left.
struct Runner {
    var minutes: Double
    var threads: Int
    var mutant: Mutant?
    var isUnmutated = false
    /// Stops after this many breaches, of any property or of these.
    var breachLimit: Int
    var counting: [Property]?

    /// - Parameter progress: called after each seed, on any thread, one at a time.
    func run(_ seeds: Range<UInt64>, progress: @escaping @Sendable (Outcome, Int) -> Void = { _, _ in }) async -> [Outcome] {
        let board = Board(next: seeds.lowerBound)
        let (minutes, mutant, isUnmutated, breachLimit, counting) = (self.minutes, self.mutant, self.isUnmutated, self.breachLimit, self.counting)
        await withTaskGroup { group in
            for _ in 0..<self.threads {
                group.addTask {
                    while let seed = board.take(before: seeds.upperBound) {
                        let outcome = Outcome.of(seed: seed, minutes: minutes, mutant: mutant, isUnmutated: isUnmutated)
                        board.put(outcome, breachLimit: breachLimit, counting: counting, progress: progress)
                    }
                }
            }
        }
        return board.outcomes
    }

    private final class Board: Sendable {
        private struct State {
            var next: UInt64
            var outcomes: [Outcome] = []
            var breaches = 0
            var isOver = false
        }
        private let state: Mutex<State>

        init(next: UInt64) {
            self.state = Mutex(State(next: next))
        }

        func take(before end: UInt64) -> UInt64? {
            self.state.withLock { state in
                guard !state.isOver, state.next < end else { return nil }
                defer { state.next += 1 }
                return state.next
            }
        }

        func put(_ outcome: Outcome, breachLimit: Int, counting: [Property]?, progress: (Outcome, Int) -> Void) {
            self.state.withLock { state in
                state.outcomes.append(outcome)
                if let breach = outcome.breach, counting?.contains(breach.property) ?? true { state.breaches += 1 }
                if state.breaches >= breachLimit { state.isOver = true }
                progress(outcome, state.outcomes.count)
            }
        }

        var outcomes: [Outcome] { self.state.withLock { $0.outcomes.sorted { $0.seed < $1.seed } } }
    }
}
