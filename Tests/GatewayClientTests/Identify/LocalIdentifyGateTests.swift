import GatewayClient
import SimulatedGateway
import Synchronization
import Testing

@Suite("Local identify gate", .timeLimit(.minutes(1))) struct LocalIdentifyGateTests {
    private static let bot = GatewayBot(
        url: "ws://x", shards: 1, total: 1000, remaining: 1000, resetAfterMilliseconds: 0, maxConcurrency: 1)

    private final class Source: Sendable {
        private let state: Mutex<(answers: [Result<GatewayBot, GatewayBotError>], asked: Int)>

        init(_ answers: [Result<GatewayBot, GatewayBotError>]) {
            self.state = Mutex((answers, 0))
        }

        var asked: Int { self.state.withLock { $0.asked } }

        /// The last answer stays.
        func answer() throws -> GatewayBot {
            try self.state.withLock { state in
                state.asked += 1
                return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            }.get()
        }
    }

    @Test("defects 16, 28: two groups that share a gate never identify less than 5 s apart on one key") func sharedGate() async throws {
        try await Simulator.run {
            $0.maxConcurrency = 1
        } _: { simulator in
            let gate = Simulator.gate(maxConcurrency: 1)
            let shards = ShardState.all(of: 3)
            let first = try ShardGroup(simulator.configuration(), shards: [shards[0], shards[2]], gate: gate)
            let second = try ShardGroup(simulator.configuration(), shards: [shards[1]], gate: gate)
            try await first.test { _, one in
                try await second.test { _, two in
                    await one.waitForConnectedAllShards(2)
                    await two.waitForConnectedAllShards(1)
                }
            }
            let machine = try await simulator.machine()
            #expect(machine.identifyArrivals.map(\.shard).sorted() == [0, 1, 2] && machine.identifyArrivals.allSatisfy(\.accepted))
            #expect(machine.violations.isEmpty)
        }
    }

    @Test("defect 16: a bot with max_concurrency 16 starts 16 shards at once, in the order of its rounds") func concurrency() async throws {
        try await Simulator.run {
            $0.maxConcurrency = 16
        } _: { simulator in
            let group = try ShardGroup(simulator.configuration(), shards: ShardState.all(of: 20), gate: Simulator.gate(maxConcurrency: 16))
            try await group.test { _, collector in await collector.waitForConnectedAllShards(20) }
            let arrivals = try await simulator.machine().identifyArrivals
            #expect(Set(arrivals.prefix(16).map(\.shard)) == Set(0..<16))
            #expect(arrivals[15].at - arrivals[0].at < .seconds(4), "no waiting within a round")
            #expect(arrivals[16].at - arrivals[0].at >= .seconds(5))
            #expect(try await simulator.machine().violations.isEmpty)
        }
    }

    @Test("the count is read once for all who wait, and again after a passing failure") func reads() async throws {
        let source = Source([.failure(.temporary("HTTP 500")), .success(Self.bot)])
        let gate = LocalIdentifyGate(source: { try source.answer() })
        let permit = try await gate.acquire(shard: ShardID(0), numShards: 2)
        #expect(source.asked == 2)
        let until = try await gate.commit(permit)
        #expect(until > BootClock.now)
        await gate.settle(permit, .ready)
        let waiting = try await withThrowingTaskGroup(of: PermitID.self) { tasks in
            tasks.addTask { try await gate.acquire(shard: ShardID(1), numShards: 2) }
            return try await tasks.next()!
        }
        #expect(waiting != permit && source.asked == 2)
    }

    @Test("a dead token ends the wait of everyone") func unauthorized() async {
        let source = Source([.failure(.unauthorized)])
        let gate = LocalIdentifyGate(source: { try source.answer() })
        await withTaskGroup(of: GatewayBotError?.self) { tasks in
            for id in 0..<3 {
                tasks.addTask {
                    do {
                        _ = try await gate.acquire(shard: ShardID(id), numShards: 3)
                        return nil
                    } catch { return error as? GatewayBotError }
                }
            }
            for await error in tasks { #expect(error == .unauthorized) }
        }
        #expect(source.asked == 1)
    }

    @Test("a cancelled acquire gives its place up, also while it reads for the others") func cancelled() async throws {
        let gate = LocalIdentifyGate(fixed: Self.bot)
        let first = try await gate.acquire(shard: ShardID(0), numShards: 3)
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                do {
                    _ = try await gate.acquire(shard: ShardID(1), numShards: 3)
                    return false
                } catch { return error is CancellationError }
            }
            await Task.yield()
            tasks.cancelAll()
            #expect(await tasks.next() == true)
        }
        await gate.settle(first, .notSent)
        let next = try await gate.acquire(shard: ShardID(2), numShards: 3)
        await gate.settle(next, .notSent)
        let hanging = LocalIdentifyGate(source: {
            try await Task.sleep(for: .seconds(3600))
            return Self.bot
        })
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                do {
                    _ = try await hanging.acquire(shard: ShardID(1), numShards: 3)
                    return false
                } catch { return error is CancellationError }
            }
            try? await Task.sleep(for: .milliseconds(20))
            tasks.cancelAll()
            #expect(await tasks.next() == true)
        }
    }

    @Test("an acquire that is cancelled with its permit in hand gives it to the next who waits") func cancelledWithPermit() async throws {
        let gate = LocalIdentifyGate(fixed: Self.bot)
        let (first, second) = (HeldExecutor(), HeldExecutor())
        let served = Served()
        await withTaskGroup(of: Void.self) { others in
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask(executorPreference: first) { served.note(0, try? await gate.acquire(shard: ShardID(0), numShards: 2)) }
                first.run()
                others.addTask(executorPreference: second) { served.note(1, try? await gate.acquire(shard: ShardID(1), numShards: 2)) }
                second.run()
                // The permit is there, and the task that waits for it has not gone on yet.
                while !first.hasWork { await Task.yield() }
                #expect(!second.hasWork)
                tasks.cancelAll()
                await served.wait(for: 0, first)
            }
            await served.wait(for: 1, second)
            #expect(served.shards == [1])
            others.cancelAll()
            second.run()
        }
    }

    /// Who came out of an `acquire`, and who of them with a permit.
    private final class Served: Sendable {
        private let state = Mutex((ended: Set<Int>(), shards: [Int]()))

        var shards: [Int] { self.state.withLock { $0.shards } }

        func note(_ shard: Int, _ permit: PermitID?) {
            self.state.withLock { state in
                state.ended.insert(shard)
                if permit != nil { state.shards.append(shard) }
            }
        }

        /// Some seconds at the most: whoever hangs is not waited for.
        func wait(for shard: Int, _ executor: HeldExecutor) async {
            for _ in 0..<3_000 where !self.state.withLock({ $0.ended.contains(shard) }) {
                executor.run()
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    @Test("a cancelled commit spends nothing, and the key goes to the next") func cancelledCommit() async throws {
        let gate = LocalIdentifyGate(fixed: Self.bot)
        let first = try await gate.acquire(shard: ShardID(0), numShards: 3)
        _ = try await gate.commit(first)
        await gate.settle(first, .closed)
        // Offered a second before the key is free.
        let second = try await gate.acquire(shard: ShardID(1), numShards: 3)
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                do {
                    _ = try await gate.commit(second)
                    return false
                } catch { return error is CancellationError }
            }
            await Task.yield()
            tasks.cancelAll()
            #expect(await tasks.next() == true)
        }
        await gate.settle(second, .notSent)
        let third = try await gate.acquire(shard: ShardID(2), numShards: 3)
        #expect(third != second)
        _ = try await gate.commit(third)
    }

    @Test("a permit that nobody knows is withdrawn") func unknownPermit() async {
        let gate = LocalIdentifyGate(fixed: Self.bot)
        await #expect(throws: PermitWithdrawn.self) { try await gate.commit(PermitID(rawValue: "nobody's")) }
    }
}
