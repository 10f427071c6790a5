import ClusterModel
import ClusterStore
import DequeModule
import Synchronization

/// Commits what the machine hands over, one after the other, and brings each outcome back to the loop as an input. The loop never waits for it.
final class StoreWriter: Sendable {
    enum Job: Sendable {
        case commit(CommitID, [StoreWrite])
        case checkpoint([CheckpointRow])
        /// More than `limit` jobs were open: this transaction is not tried and fails in its turn.
        case overflow(CommitID)
    }

    /// Open jobs that keep their content.
    static let limit = 10_000

    private let store: any ClusterStore
    private let epoch: CoordinatorEpoch
    private let application: ApplicationID
    private let inbox: Inbox
    private let queue = Mutex(Deque<Job>())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    init(store: any ClusterStore, epoch: CoordinatorEpoch, application: ApplicationID, inbox: Inbox) {
        self.store = store
        self.epoch = epoch
        self.application = application
        self.inbox = inbox
        (self.wakeUps, self.wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func enqueue(_ job: Job) {
        self.queue.withLock { queue in
            if case .commit(let id, _) = job, queue.count >= Self.limit {
                queue.append(.overflow(id))
            } else {
                queue.append(job)
            }
        }
        self.wakeUp.yield()
    }

    /// What is queued is still written; then `run` returns.
    func finish() {
        self.wakeUp.finish()
    }

    func run() async {
        for await _ in self.wakeUps {
            await self.writeQueued()
        }
        await self.writeQueued()
    }

    private func writeQueued() async {
        while let job = self.queue.withLock({ $0.popFirst() }) {
            switch job {
            case .commit(let id, let writes):
                let outcome = await self.store.commit(writes, epoch: self.epoch, application: self.application)
                await self.inbox.send(.commitEnded(id, outcome))
            case .checkpoint(let rows):
                let outcome = await self.store.checkpoint(rows, epoch: self.epoch, application: self.application)
                await self.inbox.send(.checkpointEnded(outcome))
            case .overflow(let id):
                await self.inbox.send(.commitEnded(id, .failed("more than \(Self.limit) transactions wait for the database")))
            }
        }
    }
}
