import GatewayClient
import NIOCore
import NIOPosix

/// Measures what idle shards hold after they had traffic.
///
/// One more shard has its traffic before the first look, so that the code, the certificates and the pools that all shards share are in memory by then.
struct IdleRun {
    let plan: ClientPlan

    func measure() async throws -> Measurement {
        let perShard = self.plan.traffic.events + 1
        let connections = self.plan.traffic.connections
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let primer = ShardBatch(self.plan, 0..<1, meter: Meter(first: 1, last: perShard), eventLoop: loop)
        let batch = ShardBatch(
            self.plan, 1..<connections + 1, meter: Meter(first: 1, last: connections * perShard), eventLoop: loop)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            try await primer.runToTheLastDelivery(in: &tasks)
            // As every ShardGroup and every worker does.
            tasks.addTask { await FreeHeap.giveBackWhileRunning() }
            let before = MemoryFigures.now
            try await batch.runToTheLastDelivery(in: &tasks)
            try await Task.sleep(for: .seconds(self.plan.idleSeconds))
            let added = MemoryFigures.now - before
            primer.stop()
            batch.stop()
            tasks.cancelAll()
            return Measurement(
                events: connections * self.plan.traffic.events, payloadBytes: connections * self.plan.sender.payloadBytes, added: added,
                connections: connections)
        }
    }
}
