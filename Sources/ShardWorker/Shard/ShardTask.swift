import ClusterModel
import GatewayModel

/// The life of one shard in this process: its run, the flush before a hand-off, the end of its lane.
struct ShardTask: Sendable {
    let assignment: Assignment
    let shard: any ShardRun
    let bridge: ShardBridge
    let lane: SinkLane
    let writer: SinkWriter
    let inbox: WorkerInbox
    let stopping: OneShot

    /// A sink that took everything by then is the normal case; what it did not take is dropped and goes to the next owner. Shorter than the shard's own limit.
    private static let flushLimit = Duration.milliseconds(1800)

    var lease: ShardLease { self.assignment.lease }

    /// Its last act is the signal `ended`.
    func run() async {
        let end = await withTaskGroup(of: ShardEnd?.self) { group in
            group.addTask { await self.shard.run() }
            group.addTask {
                // Also where the task is cancelled: the run then hands off, and waits for this.
                await self.stopping.wait()
                if await !self.writer.flush(self.lane, within: Self.flushLimit) { self.lane.discard() }
                self.shard.flushed()
                return nil
            }
            while let finished = await group.next() {
                if let finished {
                    self.stopping.fire()
                    return finished
                }
            }
            preconditionFailure("the run of \(self.lease) returned nothing")
        }
        self.inbox.post(.input(.shard(self.lease, .ended(await self.finish(end)))))
    }

    /// Lets the sink take what it can, and corrects the session to where the sink really is.
    private func finish(_ end: ShardEnd) async -> ShardEnd {
        _ = await self.writer.flush(self.lane, within: Self.flushLimit)
        await self.writer.close(self.lane)
        let end = self.bridge.ended(end)
        guard case .stopped(var session?) = end, let accepted = self.lane.accepted, accepted.sessionID == session.sessionID else { return end }
        session.sequence = max(session.sequence, accepted.sequence)
        return .stopped(session)
    }
}
