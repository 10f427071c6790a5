import Foundation
import GatewayModel
import Glibc
import Synchronization

/// Ends a process that did not let go in time: a frozen worker must not keep shards that the coordinator gave away meanwhile.
///
/// A thread of its own, because the cooperative pool may be what is stuck. It looks every 100 ms; half a second after the deadline it calls `_exit(70)`, and
/// the kernel closes the sockets. Discord keeps those sessions.
final class Watchdog: Sendable {
    private let deadline = Mutex<Instant?>(nil)
    private let isOver = Atomic<Bool>(false)
    private let clock: @Sendable () -> Instant
    private let end: @Sendable () -> Void

    private static let grace = Duration.milliseconds(500)
    private static let pollMicroseconds: useconds_t = 100_000

    /// Starts the thread; `stop()` ends it.
    init(
        clock: @escaping @Sendable () -> Instant = { BootClock.now },
        end: @escaping @Sendable () -> Void = { Watchdog.exitProcess("muster: the worker should have closed its shards by now: the watchdog ends it\n") }
    ) {
        self.clock = clock
        self.end = end
        let thread = Thread { self.run() }
        thread.name = "watchdog"
        thread.start()
    }

    /// `nil`: nothing is at stake.
    func set(_ deadline: Instant?) {
        self.deadline.withLock { $0 = deadline }
    }

    func stop() {
        self.isOver.store(true, ordering: .releasing)
    }

    /// One line, written without the locks of `stdio` or a logger, then the end.
    static func exitProcess(_ line: StaticString) -> Never {
        _ = write(2, line.utf8Start, line.utf8CodeUnitCount)
        _exit(70)
    }

    private func run() {
        while !self.isOver.load(ordering: .acquiring) {
            if let deadline = self.deadline.withLock({ $0 }), self.clock() >= deadline + Self.grace {
                self.end()
                return
            }
            usleep(Self.pollMicroseconds)
        }
    }
}
