import GatewayClient
import Logging
import NIOCore
import NIOPosix

/// Runs a `ShardGroup` of one shard against a sender.
struct GroupRun {
    let plan: ClientPlan

    func measure() async throws -> Measurement {
        let meter = Meter(first: self.plan.deliveriesUpToWarmUp, last: self.plan.deliveries)
        let group = try self.group(meter)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            if self.plan.delivery == .sequence { tasks.addTask { await Self.consume(group.events, meter) } }
            for try await _ in meter.end {}
            tasks.cancelAll()
        }
        return Measurement(events: self.plan.measuredEvents, payloadBytes: self.plan.measuredPayloadBytes, used: meter.used)
    }

    private func group(_ meter: Meter) throws -> ShardGroup {
        // Nothing listens to the shard's own events here: the group does.
        let delivery: GroupDelivery =
            switch self.plan.delivery {
            case .sequence: .sequence()
            case .inline, .pruned, .group:
                .inline { _ in
                    GroupHandler(meter: meter)
                } lifecycle: {
                    Self.check($0, meter)
                }
            }
        return try ShardGroup(
            ShardGroupConfiguration(
                shard: self.plan.configuration(ShardID(0)), eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1),
                logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }),
            shards: [ShardState(id: ShardID(0), numShards: 1)], gate: OpenGate(), delivery: delivery)
    }

    private static func consume(_ events: GatewayEvents, _ meter: Meter) async {
        for await event in events {
            switch event {
            case .dispatch(let dispatch): meter.delivered(bytes: dispatch.data.readableBytes)
            case .lifecycle(let event): self.check(event, meter)
            }
        }
    }

    private static func check(_ event: LifecycleEvent, _ meter: Meter) {
        switch event {
        case .disconnected, .gap, .sessionLost, .anomaly, .reshardRequired, .reshardBegan, .reshardEnded, .reshardFailed: meter.disturbed("\(event)")
        case .connecting, .ready, .resumed, .skipped, .ended, .connectedAllShards, .groupEnded: break
        }
    }
}

private struct GroupHandler: ShardHandler {
    let meter: Meter

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        self.meter.delivered(bytes: dispatch.data.readableBytes)
        return .accepted
    }

    func receive(_ event: ShardEvent) {}
}

/// One shard needs no pacing.
private struct OpenGate: IdentifyGate {
    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID { PermitID(rawValue: "bench") }
    func commit(_ permit: PermitID) async throws -> Instant { BootClock.now + .seconds(2) }
    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {}
}
