import GatewayClient
import GatewayModel
import Logging
import NIOCore

/// Some shards of a run, each with its whole session machine, all on one event loop and counted by one meter.
struct ShardBatch {
    let meter: Meter
    private let shards: [GatewayShard]
    /// Of all shards, each with its place in the batch: nothing for one shard alone, whose memory may be what is measured.
    private let events: AsyncStream<(Int, ShardEvent)>

    init(_ plan: ClientPlan, _ indices: Range<Int>, meter: Meter, eventLoop: any EventLoop) {
        self.meter = meter
        let (events, continuation) = AsyncStream<(Int, ShardEvent)>.makeStream()
        self.events = events
        self.shards = indices.enumerated().map { place, index in
            GatewayShard(
                configuration: plan.configuration(ShardID(index)), handler: InlineHandler(meter: meter, place: place, events: continuation),
                eventLoop: eventLoop, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    /// Begins in these tasks; returns when the meter is done.
    func runToTheLastDelivery(in tasks: inout ThrowingTaskGroup<Void, any Error>) async throws {
        for shard in self.shards { tasks.addTask { _ = await shard.run() } }
        tasks.addTask { await self.identify() }
        for try await _ in self.meter.end {}
    }

    func stop() {
        for shard in self.shards { shard.stop(.fence) }
    }

    /// Grants every permit at once; whatever else happens but the way to live disturbs.
    private func identify() async {
        let permit = PermitID(rawValue: "bench")
        for await (place, event) in self.events {
            let shard = self.shards[place]
            switch event {
            case .phase(.awaitingPermit): shard.offer(permit)
            case .readyToIdentify(permit): shard.grant(permit, validUntil: BootClock.now + .seconds(2))
            case .phase(.stopping): shard.flushed()
            case .disconnected, .anomaly, .gap, .sessionLost, .phase(.failed): self.meter.disturbed("\(event)")
            case .phase, .ready, .resumed, .identified, .readyToIdentify: break
            }
        }
    }
}
