import NIOCore
import NIOPosix

/// Runs the real thing against a sender: every shard on one event loop.
struct ShardRun {
    let plan: ClientPlan

    func measure() async throws -> Measurement {
        let meter = Meter(first: self.plan.deliveriesUpToWarmUp, last: self.plan.deliveries)
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let batch = ShardBatch(self.plan, 0..<self.plan.traffic.connections, meter: meter, eventLoop: loop)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            try await batch.runToTheLastDelivery(in: &tasks)
            batch.stop()
            tasks.cancelAll()
            return Measurement(events: self.plan.measuredEvents, payloadBytes: self.plan.measuredPayloadBytes, used: meter.used)
        }
    }
}
