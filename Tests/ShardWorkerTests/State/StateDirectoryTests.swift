import ClusterModel
import Foundation
import GatewayModel
import Synchronization
import Testing

@testable import ShardWorker

@Suite("A worker's state directory")
struct StateDirectoryTests {
    @Test("belongs to one process at a time")
    func lock() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let first = try StateDirectory(path: directory.file("state"), stableID: StableID(rawValue: "w1"))
        #expect { try StateDirectory(path: directory.file("state"), stableID: nil) } throws: { "\($0)".contains("in use") }
        first.release()
        try StateDirectory(path: directory.file("state"), stableID: nil).release()
    }

    @Test("keeps the stable id, given or made up")
    func stableID() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let made = try StateDirectory(path: directory.file("a"), stableID: nil)
        made.release()
        let again = try StateDirectory(path: directory.file("a"), stableID: nil)
        again.release()
        #expect(made.stableID == again.stableID)
        try StateDirectory(path: directory.file("b"), stableID: StableID(rawValue: "w1")).release()
        let kept = try StateDirectory(path: directory.file("b"), stableID: nil)
        kept.release()
        #expect(kept.stableID == StableID(rawValue: "w1"))
    }

    @Test("refuses another worker's id, and lets its lock go")
    func otherID() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try StateDirectory(path: directory.file("a"), stableID: StableID(rawValue: "w1")).release()
        #expect { try StateDirectory(path: directory.file("a"), stableID: StableID(rawValue: "w2")) } throws: { "\($0)".contains("belongs to the worker w1") }
        try StateDirectory(path: directory.file("a"), stableID: StableID(rawValue: "w1")).release()
    }

    @Test("refuses what is no stable id", arguments: ["", "a b", "ü", "../x/", String(repeating: "x", count: 129)])
    func badID(text: String) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        #expect(throws: OperatorMistake.self) { try StateDirectory(path: directory.file("a"), stableID: StableID(rawValue: text)) }
    }

    @Test("says why it cannot be used")
    func unusable() {
        #expect(throws: OperatorMistake.self) { try StateDirectory(path: "/proc/none", stableID: nil) }
    }
}

@Suite("The watchdog", .timeLimit(.minutes(1)))
struct WatchdogTests {
    @Test("ends a process that is half a second overdue, and no other")
    func overdue() async {
        let now = Mutex(Instant(nanoseconds: 1_000_000_000))
        let ended = OneShot()
        let hasEnded = Atomic<Bool>(false)
        let watchdog = Watchdog(
            clock: { now.withLock { $0 } },
            end: {
                hasEnded.store(true, ordering: .sequentiallyConsistent)
                ended.fire()
            })
        watchdog.set(Instant(nanoseconds: 2_000_000_000))
        now.withLock { $0 = Instant(nanoseconds: 2_499_000_000) }
        // It looks each 100 ms of real time; what it must not do has no event to wait for.
        try? await Task.sleep(for: .milliseconds(250))
        let early = hasEnded.load(ordering: .sequentiallyConsistent)
        #expect(!early)
        now.withLock { $0 = Instant(nanoseconds: 2_500_000_000) }
        await ended.wait()
        watchdog.stop()
    }
}
