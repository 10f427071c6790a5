import GatewayClient
import GatewayModel
import Logging
import NIOCore
import NIOPosix

/// Runs the real thing against a sender: every shard on one event loop, each with its whole session machine.
struct ShardRun {
    let plan: ClientPlan

    func measure() async throws -> Measurement {
        let meter = Meter(first: self.plan.deliveriesUpToWarmUp, last: self.plan.deliveries)
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let before = ProcessFigures.residentBytes
        return try await withThrowingTaskGroup(of: Void.self) { group in
            var shards: [GatewayShard] = []
            for index in 0..<self.plan.traffic.connections {
                let (events, continuation) = AsyncStream<ShardEvent>.makeStream()
                let shard = GatewayShard(
                    configuration: self.plan.configuration(ShardID(index)), handler: InlineHandler(meter: meter, events: continuation), eventLoop: loop,
                    logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
                shards.append(shard)
                group.addTask { _ = await shard.run() }
                group.addTask { await Self.identify(shard, events, meter) }
            }
            for try await _ in meter.end {}
            var result = Measurement(
                events: self.plan.measuredEvents, payloadBytes: self.plan.measuredPayloadBytes, used: meter.used, connections: self.plan.traffic.connections)
            if self.plan.traffic.shape == .idle {
                try await Task.sleep(for: .seconds(self.plan.idleSeconds))
                result.addedResidentBytes = ProcessFigures.residentBytes - before
            }
            for shard in shards { shard.stop(.fence) }
            group.cancelAll()
            return result
        }
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
