import Synchronization

/// Runs what its tasks do only when the test says so: for what must come between two of their steps.
final class HeldExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.jobs.withLock { $0.append(job) }
    }

    var hasWork: Bool { self.jobs.withLock { !$0.isEmpty } }

    /// Everything that can go on, up to where it waits.
    func run() {
        while let job = self.jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
