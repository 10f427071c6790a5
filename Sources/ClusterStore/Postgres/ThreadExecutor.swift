import Foundation
import Synchronization

/// Runs an actor's jobs one by one on a thread of its own, where they may block: libpq waits for sockets.
///
/// The thread ends when the executor is no longer referenced.
final class ThreadExecutor: SerialExecutor {
    private let queue = Queue()

    init(name: String) {
        let thread = Thread { [queue] in
            while let (job, executor) = queue.next() { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
        }
        thread.name = name
        thread.start()
    }

    deinit {
        self.queue.end()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        self.queue.append(UnownedJob(job), for: self)
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    private final class Queue: Sendable {
        private struct State {
            /// Each job keeps the executor alive until it has run.
            var jobs: [(UnownedJob, ThreadExecutor)] = []
            var isEnded = false
        }

        private let state = Mutex(State())
        private let signal = DispatchSemaphore(value: 0)

        func append(_ job: UnownedJob, for executor: ThreadExecutor) {
            self.state.withLock { $0.jobs.append((job, executor)) }
            self.signal.signal()
        }

        func end() {
            self.state.withLock { $0.isEnded = true }
            self.signal.signal()
        }

        /// Waits for the next job; `nil` once ended, when nothing can be left to do.
        func next() -> (UnownedJob, ThreadExecutor)? {
            while true {
                self.signal.wait()
                let (job, isEnded) = self.state.withLock { state in (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isEnded) }
                if let job { return job }
                if isEnded { return nil }
            }
        }
    }
}
