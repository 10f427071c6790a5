import GatewayClient
import GatewaySimulator
import NIOPosix
import SimulatedGateway
import Testing

@Suite("A group that goes over to another shard set", .timeLimit(.minutes(2))) struct ReshardTests {
    private static func api(_ simulator: Simulator) throws -> GatewayBotClient {
        try GatewayBotClient(discordAPI: simulator.gateway.apiURL)
    }

    /// A whole bot of two shards, whose simulator recommends three next.
    ///
    /// - Parameter gate: by default one that lets everyone through at once, and then a simulator that does not mind.
    static func run(
        resharding: Resharding = .automatic, recommendationInterval: Duration? = nil, isPaced: Bool = false,
        gate: any IdentifyGate = NotingGate(open: (2...4).flatMap(ShardIdentity.all(of:))),
        body: (Simulator, ShardGroup, Collector) async throws -> Void
    ) async throws {
        try await Simulator.run {
            $0.recommendedShards = 2
            if !isPaced { $0.identifyInterval = .zero }
        } _: { simulator in
            let api = try Self.api(simulator)
            var configuration = simulator.configuration()
            configuration.resharding = resharding
            configuration.recommendationInterval = recommendationInterval
            let group = try await ShardGroup.connect(configuration, api: api, gate: isPaced ? Simulator.gate() : gate)
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(2)
                try await simulator.post("rules?shards=3")
                try await body(simulator, group, collector)
            }
            await api.shutdown()
        }
    }

    /// Of a re-shard that the test looks at from outside.
    private static func error(of group: ShardGroup) async -> ReshardError? { await Self.failure(of: group) as? ReshardError }

    private static func failure(of group: ShardGroup) async -> (any Error)? {
        do {
            try await group.reshard()
            return nil
        } catch {
            return error
        }
    }

    private static func index(_ event: LifecycleEvent, in collector: Collector) throws -> Int {
        try #require(collector.lifecycle.firstIndex(of: event))
    }

    @Test("by itself, when Discord recommends half as many shards again") func recommended() async throws {
        try await Self.run(recommendationInterval: .seconds(1)) { simulator, group, collector in
            await collector.wait { (events: [LifecycleEvent]) in events.contains(.reshardEnded(from: 2, to: 3, .recommendationRose)) }
            #expect(group.snapshot().map(\.shard) == ShardIdentity.all(of: 3))
            let machine = try await simulator.machine()
            #expect(machine.violations.isEmpty)
        }
    }

    @Test("on request: the old set serves until the new one is live, every event reaches somebody, and the old sessions end") func requested() async throws {
        try await Self.run(isPaced: true) { simulator, group, collector in
            let presence = Presence(status: .idle)
            #expect(await group.updatePresence(presence).isEmpty)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.reshard() }
                // Before, during and after.
                while !collector.lifecycle.contains(.reshardEnded(from: 2, to: 3, .requested)) {
                    try await simulator.publish(1, toShard: 1, of: 2)
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await tasks.waitForAll()
            }
            try await simulator.publish(1, toShard: 1, of: 2)
            while try await !simulator.due().subtracting(collector.events).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            let began = try Self.index(.reshardBegan(from: 2, to: 3, .requested), in: collector)
            let tookOver = try Self.index(.connectedAllShards(count: 3), in: collector)
            #expect(began < tookOver)
            let late = collector.lifecycle[..<tookOver]
            #expect(!late.contains { $0.isEnded } && !late.contains { $0.isDisconnected }, "the old set serves")
            #expect(collector.lifecycle.count { if case .gap(_, .resharded, _) = $0 { true } else { false } } == 2)
            #expect(group.snapshot().map(\.shard) == ShardIdentity.all(of: 3))
            #expect(group.snapshot().allSatisfy { $0.phase == .live && $0.session != nil })
            let machine = try await simulator.machine()
            #expect(machine.counts.closedByClient.map(\.code) == [1000] && machine.counts.closedByClient.map(\.count) == [2])
            #expect(machine.sessionStatuses.count == 3 && machine.counts.identifies == 5 && machine.violations.isEmpty)
            while try await simulator.machine().sessionStatuses.contains(where: { $0.presence?.status != .idle }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            let guild = Simulator.guild(ofShard: 1, numShards: 2)
            try await group.send(.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(rawValue: guild), channelID: nil)))
            while try await !simulator.machine().commands.contains(where: { $0.numShards == 3 && $0.outcome == .done && $0.command.op == 4 }) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("by itself on 4011: the shard that heard it is gone, the other one serves until the new set is live") func automatic() async throws {
        try await Self.run { simulator, group, collector in
            try await simulator.inject(.close(.shard(0, numShards: 2), code: 4011))
            await collector.wait { (events: [LifecycleEvent]) in events.contains(.reshardEnded(from: 2, to: 3, .shardingRequired)) }
            let gone = ShardIdentity(id: ShardID(0), numShards: 2)
            let ended = try Self.index(.ended(gone, .fatal(code: 4011, .stopShardSet)), in: collector)
            let began = try Self.index(.reshardBegan(from: 2, to: 3, .shardingRequired), in: collector)
            let tookOver = try Self.index(.connectedAllShards(count: 3), in: collector)
            let other = try Self.index(.ended(ShardIdentity(id: ShardID(1), numShards: 2), .stopped(nil)), in: collector)
            #expect(ended < began && began < tookOver && tookOver < other)
            #expect(!collector.lifecycle.contains { if case .reshardRequired = $0 { true } else { false } })
            #expect(group.snapshot().map(\.shard) == ShardIdentity.all(of: 3))
            #expect(try await simulator.machine().counts.identifies == 5)
        }
    }

    @Test("where Discord recommends no more than it refused nothing is identified, and the rest serves on") func notLarger() async throws {
        try await Self.run { simulator, group, collector in
            try await simulator.post("rules?shards=2")
            try await simulator.inject(.close(.shard(0, numShards: 2), code: 4011))
            let failed = LifecycleEvent.reshardFailed(from: 2, to: nil, .notLarger(2, refused: 2))
            await collector.wait { (events: [LifecycleEvent]) in events.contains(failed) }
            #expect(group.snapshot().map(\.phase) == [.failed, .live])
            #expect(try await simulator.machine().counts.identifies == 2)
            try await group.reshard(to: 4)
            #expect(group.snapshot().map(\.phase) == Array(repeating: .live, count: 4))
        }
    }

    @Test("without the budget for it the bot goes on as it is") func budget() async throws {
        try await Self.run { simulator, group, collector in
            try await simulator.inject(.setIdentifiesSpent(1900))
            await #expect {
                try await group.reshard(to: 3)
            } throws: { error in
                if case ReshardError.startBudget(wanted: 3, remaining: 100, floor: 100, _) = error { true } else { false }
            }
            #expect(group.snapshot().map(\.phase) == [.live, .live])
            #expect(!collector.lifecycle.contains { $0.isDisconnected })
            #expect(try await simulator.machine().counts.identifies == 2)
        }
    }

    @Test("a new set that Discord refuses is closed for good, once, and the old one serves on") func refused() async throws {
        try await Self.run { simulator, group, collector in
            try await simulator.inject(.refuseIdentify(next: 3, .close(code: 4011)))
            await #expect {
                try await group.reshard(to: 3)
            } throws: { error in
                if case ReshardError.fatalClose(let shard, code: 4011) = error { shard.numShards == 3 } else { false }
            }
            #expect(group.snapshot().map(\.shard) == ShardIdentity.all(of: 2))
            #expect(group.snapshot().map(\.phase) == [.live, .live])
            try await simulator.publish(1, toShard: 1, of: 2)
            await collector.wait { (collector: Collector) in collector.events.count == 1 }
            await #expect(throws: ReshardError.notLarger(3, refused: 3)) { try await group.reshard(to: 3) }
            try await simulator.inject(.refuseIdentify(next: 0, .silence))
            try await group.reshard(to: 4)
            #expect(group.snapshot().map(\.shard) == ShardIdentity.all(of: 4))
        }
    }

    @Test("a gate that gives up on the new set leaves the old one running") func gateFails() async throws {
        let gate = OldSetGate(numShards: 2)
        try await Self.run(gate: gate) { simulator, group, _ in
            await #expect {
                try await group.reshard()
            } throws: { error in
                if case ReshardError.identifyGate = error { true } else { false }
            }
            #expect(group.snapshot().map(\.phase) == [.live, .live])
            let machine = try await simulator.machine()
            #expect(machine.sessionStatuses.count == 2)
        }
    }

    @Test("one at a time; the end of the group in its middle leaves every session resumable, and the set that is whole goes on") func ended() async throws {
        let gate = NotingGate(open: ShardIdentity.all(of: 2) + ShardIdentity.all(of: 3).dropLast())
        try await Self.run(gate: gate) { simulator, group, collector in
            async let reshard = Self.error(of: group)
            await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isReady } == 4 }
            await #expect(throws: ReshardError.underWay) { try await group.reshard(to: 7) }
            await group.shutdown(.resumable)
            let error = await reshard
            #expect(error == .ended)
            await #expect(throws: ReshardError.ended) { try await group.reshard() }
            let states = group.snapshot()
            #expect(states.map { $0.session != nil } == [true, true, true, true, false])
            #expect(try await simulator.machine().counts.closedByClient.map(\.code) == [4000])
            await collector.wait { (events: [LifecycleEvent]) in events.last == .groupEnded }
            // The old set has every session, the new one lacks one, whose guilds' events nobody would replay.
            let api = try Self.api(simulator)
            let next = try await ShardGroup.connect(simulator.configuration(), api: api, sessions: states)
            #expect(next.snapshot().map(\.shard) == ShardIdentity.all(of: 2))
            let larger = try await ShardGroup.connect(simulator.configuration(), api: api, sessions: Array(states.dropFirst()))
            #expect(larger.snapshot().map(\.shard) == ShardIdentity.all(of: 3))
            // As at the end of a re-shard to fewer.
            var fewer = ShardState.all(of: 2) + ShardState.all(of: 4).dropLast()
            for index in fewer.indices { fewer[index].session = states[0].session }
            let smaller = try await ShardGroup.connect(simulator.configuration(), api: api, sessions: fewer)
            #expect(smaller.snapshot().map(\.shard) == ShardIdentity.all(of: 2))
            await api.shutdown()
        }
    }

    @Test("whoever waits may stop waiting: the re-shard goes on") func abandoned() async throws {
        let gate = NotingGate(open: ShardIdentity.all(of: 2))
        try await Self.run(gate: gate) { _, group, collector in
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    let error = await Self.failure(of: group)
                    #expect(error is CancellationError)
                }
                await collector.wait { (events: [LifecycleEvent]) in events.contains(.reshardBegan(from: 2, to: 3, .requested)) }
                tasks.cancelAll()
            }
            for shard in ShardIdentity.all(of: 3) { gate.open(shard) }
            await collector.wait { (events: [LifecycleEvent]) in events.contains(.reshardEnded(from: 2, to: 3, .requested)) }
        }
    }

    @Test("to take a new shard out gives it up") func detached() async throws {
        let gate = NotingGate(open: ShardIdentity.all(of: 2) + ShardIdentity.all(of: 3).dropLast())
        try await Self.run(gate: gate) { _, group, collector in
            async let reshard = Self.error(of: group)
            await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isReady } == 4 }
            let out = await group.detach(matching: [ShardMatcher(numShards: 3)])
            #expect(out.map(\.shard) == ShardIdentity.all(of: 3))
            guard case .detached = await reshard else { return #expect(Bool(false), "it did not fail") }
            #expect(group.snapshot().map(\.phase) == [.live, .live])
        }
    }

    /// As in the documentation.
    static func grow(_ group: ShardGroup) async {
        do {
            try await group.reshard()
        } catch {
            print("the bot goes on with the shards it has: \(error)")
        }
    }

    @Test("with manual re-shards 4011 stops the set, and the request to re-shard brings the bot up again") func manual() async throws {
        try await Self.run(resharding: .manual) { simulator, group, collector in
            try await simulator.inject(.close(.shard(0, numShards: 2), code: 4011))
            await collector.wait { (events: [LifecycleEvent]) in events.count { $0.isEnded } == 2 }
            #expect(collector.lifecycle.contains(.reshardRequired(numShards: 2, code: 4011)))
            await Self.grow(group)
            #expect(group.snapshot().map(\.phase) == Array(repeating: .live, count: 3))
        }
    }

    @Test("a group of some shards only cannot decide") func partial() async throws {
        try await Simulator.run { simulator in
            let api = try Self.api(simulator)
            let group = try ShardGroup(
                simulator.configuration(), shards: [ShardState(id: ShardID(0), numShards: 2)], gate: Simulator.gate(), api: api)
            try await group.test { group, collector in
                await collector.waitForConnectedAllShards(1)
                await #expect(throws: ReshardError.notWhole) { try await group.reshard() }
                try await simulator.inject(.close(.all, code: 4011))
                await collector.wait { (events: [LifecycleEvent]) in events.contains(.reshardRequired(numShards: 2, code: 4011)) }
            }
            await api.shutdown()
        }
    }
}

/// Knows the shards of one set only.
private struct OldSetGate: IdentifyGate {
    struct Unknown: Error {}

    let numShards: Int
    private let inner: NotingGate

    init(numShards: Int) {
        self.numShards = numShards
        self.inner = NotingGate(open: ShardIdentity.all(of: numShards))
    }

    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID {
        guard numShards == self.numShards else { throw Unknown() }
        return try await self.inner.acquire(shard: shard, numShards: numShards)
    }

    func commit(_ permit: PermitID) async throws -> Instant { try await self.inner.commit(permit) }
    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async { await self.inner.settle(permit, outcome) }
}
