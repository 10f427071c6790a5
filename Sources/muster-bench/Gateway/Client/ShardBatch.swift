import GatewayClient
import GatewayModel
import Logging
import NIOCore

/// Some shards of a run, each with its whole session machine, all on one event loop and counted by one meter.
struct ShardBatch {
    let meter: Meter
    private let shards: [(shard: GatewayShard, events: AsyncStream<ShardEvent>)]

    init(_ plan: ClientPlan, _ indices: Range<Int>, meter: Meter, eventLoop: any EventLoop) {
        self.meter = meter
        self.shards = indices.map { index in
            let (events, continuation) = AsyncStream<ShardEvent>.makeStream()
            let shard = GatewayShard(
                configuration: plan.configuration(ShardID(index)), handler: InlineHandler(meter: meter, events: continuation), eventLoop: eventLoop,
                logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
            return (shard, events)
        }
    }

    /// Begins in these tasks; returns when the meter is done.
    func runToTheLastDelivery(in tasks: inout ThrowingTaskGroup<Void, any Error>) async throws {
        for (shard, events) in self.shards {
            tasks.addTask { _ = await shard.run() }
            tasks.addTask { await Self.identify(shard, events, self.meter) }
        }
        for try await _ in self.meter.end {}
    }

    func stop() {
        for (shard, _) in self.shards { shard.stop(.fence) }
    }

    /// Grants every permit at once; whatever else happens but the way to live disturbs.
    private static func identify(_ shard: GatewayShard, _ events: AsyncStream<ShardEvent>, _ meter: Meter) async {
        let permit = PermitID(rawValue: "bench")
        for await event in events {
            switch event {
            case .phase(.awaitingPermit): shard.offer(permit)
            case .readyToIdentify(permit): shard.grant(permit, validUntil: BootClock.now + .seconds(2))
            case .phase(.stopping): shard.flushed()
            case .disconnected, .anomaly, .gap, .sessionLost, .phase(.failed): meter.disturbed("\(event)")
            case .phase, .ready, .resumed, .identified, .readyToIdentify: break
            }
        }
    }
}
