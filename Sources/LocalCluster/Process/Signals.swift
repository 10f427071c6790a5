import Foundation
import Synchronization

/// Counts SIGINT and SIGTERM, which then no longer end this process.
enum Signals {
    static func catchAll() {
        // Made before the first signal: the handler only adds to it.
        self.count.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Signals.count.add(1, ordering: .relaxed) }
        }
    }

    /// How often either came.
    static var received: Int { self.count.load(ordering: .relaxed) }

    private static let count = Atomic(0)
}
