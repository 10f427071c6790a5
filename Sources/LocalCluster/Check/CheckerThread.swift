import Foundation
import GatewayModel
import NIOCore
import Synchronization

/// Runs the delivery checker on a thread of its own, off the cooperative pool: it reads files and waits for pages of the ledger.
final class CheckerThread: Sendable {
    static let pause = 0.2
    static let saveInterval = Duration.seconds(5)

    struct Snapshot: Sendable {
        var counts = DeliveryChecker.Counts()
        var writtenByWorker: [Int: Int] = [:]
        /// Due, not yet seen, not yet lost.
        var open = 0
        /// Simulator time of the oldest of them, milliseconds.
        var oldestOpen: Int64?
        /// Simulator time up to which everything was read, milliseconds.
        var readTo: Int64?
        var lately: [String] = []
        /// Why the last round failed; `nil` where it did not.
        var problem: String?
        var ended = false
    }

    var snapshot: Snapshot { self.published.withLock { $0 } }

    /// - Parameter worker: an index into `names`.
    func workerDied(_ worker: Int) {
        self.inbox.withLock { $0.deaths.append(worker) }
    }

    /// After one more whole round the thread saves and ends; `Snapshot.ended` says so.
    func stop() {
        self.inbox.withLock { $0.stopping = true }
    }

    /// The thread ends soon, and saves nothing more.
    func abandon() {
        self.inbox.withLock { $0.abandoned = true }
    }

    /// Called before any worker of this run starts.
    /// - Parameters:
    ///   - workers: of this run.
    ///   - simulator: how it stands at present.
    init(workers: [String], directory: StateDirectory, client: ClusterClient, simulator: SimulatorStatus) throws {
        let start = try SavedCheck.prepare(directory, simulatorTime: Int64(simulator.now), ledgerCursor: simulator.ledgerCursor)
        self.names = workers + start.offsets.keys.filter { !workers.contains($0) }.sorted()
        self.beginning = start
        self.directory = directory
        self.client = client
    }

    func start() {
        Thread.detachNewThread { self.run() }
    }

    /// Those whose files are read: the workers of this run first, then those of earlier runs whose files are not verified yet.
    private let names: [String]
    private let beginning: SavedCheck
    private let directory: StateDirectory
    private let client: ClusterClient
    private let published = Mutex(Snapshot())
    private let inbox = Mutex(Inbox())

    private struct Inbox {
        var deaths: [Int] = []
        var stopping = false
        var abandoned = false
    }

    private struct Work {
        var checker: DeliveryChecker
        var files: [EventFile]
        var now: Int64 = 0
        var isFirstRound = true
    }

    private func run() {
        var work: Work?
        var saved = BootClock.now
        while true {
            let stopping = self.inbox.withLock { $0.stopping }
            do {
                var present = work ?? self.begin()
                // What was read stays read where a later step of the round fails.
                defer { work = present }
                try self.round(&present)
                if self.isAbandoned { break }
                if stopping || BootClock.now - saved >= Self.saveInterval {
                    try self.save(present)
                    saved = BootClock.now
                }
            } catch {
                self.published.withLock { $0.problem = "\(error)" }
            }
            if stopping || self.isAbandoned { break }
            Thread.sleep(forTimeInterval: Self.pause)
        }
        self.published.withLock { $0.ended = true }
    }

    private var isAbandoned: Bool { self.inbox.withLock { $0.abandoned } }

    private func begin() -> Work {
        let files = self.names.map { EventFile(path: self.directory.events(of: $0), offset: self.beginning.offsets[$0] ?? 0) }
        return Work(checker: DeliveryChecker(restoring: self.beginning.checker), files: files)
    }

    private func round(_ work: inout Work) throws {
        let status = try self.client.simulatorStatusBlocking()
        work.now = Int64(status.now)
        guard work.checker.cursor + 1 >= status.ledgerTruncatedBefore else { throw LedgerTruncated(before: status.ledgerTruncatedBefore) }
        if work.isFirstRound {
            work.checker.everyWorkerStarted(at: work.now)
            work.isFirstRound = false
        }
        let deaths = self.inbox.withLock { inbox in
            defer { inbox.deaths = [] }
            return inbox.deaths
        }
        for worker in deaths { work.checker.workerDied(worker, at: work.now) }
        try self.readLedger(into: &work.checker)
        for index in work.files.indices {
            work.files[index].readNewLines { line in work.checker.read(line.flatMap(EventLine.scan), from: index) }
        }
        work.checker.judge(at: work.now)
        work.checker.forget(except: Set(status.sessions.map(\.session)))
        let snapshot = Snapshot(
            counts: work.checker.counts, writtenByWorker: work.checker.writtenByWorker, open: work.checker.open, oldestOpen: work.checker.oldestOpen,
            readTo: work.now, lately: work.checker.lately)
        self.published.withLock { $0 = snapshot }
    }

    /// Up to its end.
    private func readLedger(into checker: inout DeliveryChecker) throws {
        var lines = ClusterClient.pageSize
        while lines == ClusterClient.pageSize {
            lines = 0
            try self.client.ledgerPage(after: checker.cursor).withUnsafeReadableBytes { bytes in
                _ = EventFile.lines(bytes) { line in
                    lines += 1
                    checker.read(LedgerLine(scanning: line))
                }
            }
        }
    }

    private func save(_ work: Work) throws {
        let offsets = zip(self.names, work.files).map { ($0, $1.offset) }
        try SavedCheck(simulatorTime: work.now, checker: work.checker.checkpoint, offsets: Dictionary(uniqueKeysWithValues: offsets))
            .save(in: self.directory)
    }
}

/// The ledger keeps so many lines, and the checker came too late for some.
struct LedgerTruncated: Error, CustomStringConvertible {
    var before: Int64
    var description: String { "the ledger no longer has lines before \(self.before), and some of them were not read" }
}
