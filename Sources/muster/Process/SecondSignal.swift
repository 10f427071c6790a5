import Dispatch
import Foundation
import Synchronization

/// Ends the process at once on the second SIGTERM or SIGINT. The first one is somebody else's.
///
/// One request may come by two roads, as Ctrl-C does (from the terminal, and from a parent that passes it on): what follows within a second is the same one.
struct SecondSignal {
    private let sources: [any DispatchSourceSignal]

    /// Watches until `cancel()`.
    init() {
        let queue = DispatchQueue(label: "muster.second-signal")
        let first = First()
        self.sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in
                if first.isLongAgo() { _exit(128 + number) }
            }
            source.activate()
            return source
        }
    }

    func cancel() {
        for source in self.sources { source.cancel() }
    }

    private final class First: Sendable {
        private let time = Mutex<ContinuousClock.Instant?>(nil)

        func isLongAgo() -> Bool {
            self.time.withLock { time in
                guard let first = time else {
                    time = .now
                    return false
                }
                return .now - first >= .seconds(1)
            }
        }
    }
}
