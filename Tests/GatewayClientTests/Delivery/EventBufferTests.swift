import GatewayModel
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GatewayClient

@Suite("Event buffer", .timeLimit(.minutes(1))) struct EventBufferTests {
    private final class Owner: EventLaneOwner {
        enum Call: Hashable {
            case accepted(EventPosition)
            case resumeReading, drained
        }

        private let state = Mutex<[Call]>([])
        private let onAccepted = Mutex<(@Sendable () -> Void)?>(nil)
        var calls: [Call] { self.state.withLock { $0 } }
        func accepted(_ position: EventPosition) {
            self.state.withLock { $0.append(.accepted(position)) }
            self.onAccepted.withLock { $0 }?()
        }
        /// As another thread may come in between, at just that time.
        func whenAccepted(perform action: @escaping @Sendable () -> Void) { self.onAccepted.withLock { $0 = action } }
        func resumeReading() { self.state.withLock { $0.append(.resumeReading) } }
        func drained() { self.state.withLock { $0.append(.drained) } }
    }

    private struct Lane {
        let buffer: EventBuffer
        let slot: Int
        let owner = Owner()
        let shard: ShardIdentity

        init(_ buffer: EventBuffer, shard: Int = 0) {
            self.buffer = buffer
            self.shard = ShardIdentity(id: ShardID(shard), numShards: 4)
            self.slot = buffer.open(self.shard)
            buffer.setOwner(self.owner, of: self.slot)
        }

        @discardableResult
        func append(_ sequence: Int64, bytes: Int = 10) -> Delivery {
            self.buffer.append(
                GatewayDispatch(
                    shard: self.shard.id, numShards: 4, sequence: sequence, sessionID: "s", type: .messageCreate,
                    data: ByteBuffer(repeating: 0, count: bytes)), to: self.slot
            ).0
        }

        func position(_ sequence: Int64) -> Owner.Call { .accepted(EventPosition(sequence: sequence, sessionID: "s")) }
    }

    private static let small = EventLimits(eventsPerShard: 4, bytesPerShard: 1000, events: 100, bytes: 100_000)

    /// The next `count` dispatches' sequences.
    private func take(_ count: Int, _ iterator: inout GatewayEvents.Iterator) async -> [Int64] {
        var sequences: [Int64] = []
        while sequences.count < count, let event = await iterator.next() {
            if case .dispatch(let dispatch) = event { sequences.append(dispatch.sequence) }
        }
        return sequences
    }

    @Test("a shard that reaches its number of events is paused, no other is, and reading goes on at half") func count() async {
        let buffer = EventBuffer(limits: Self.small)
        let (lane, other) = (Lane(buffer), Lane(buffer, shard: 1))
        #expect((1...4).map { lane.append(Int64($0)) } == [.goOn, .goOn, .goOn, .pauseReading])
        #expect(lane.append(5) == .pauseReading, "what was read already is kept")
        #expect(other.append(1) == .goOn)
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(await self.take(6, &iterator) == [1, 2, 3, 4, 5, 1])
        #expect(lane.owner.calls.isEmpty, "the last is in the consumer's hands")
        lane.append(6)
        #expect(await self.take(1, &iterator) == [6])
        #expect(lane.owner.calls == [lane.position(5), .resumeReading])
        #expect(other.owner.calls == [other.position(1)])
        #expect(lane.append(7) == .goOn)
    }

    @Test("bytes count as well, and so does what all shards have together") func bytes() async {
        let buffer = EventBuffer(limits: EventLimits(eventsPerShard: 100, bytesPerShard: 1000, events: 5, bytes: 100_000))
        let lanes = (0..<3).map { Lane(buffer, shard: $0) }
        #expect(lanes[0].append(1, bytes: 999) == .goOn)
        #expect(lanes[0].append(2, bytes: 1) == .pauseReading)
        #expect(lanes[1].append(1) == .goOn && lanes[1].append(2) == .goOn)
        #expect(lanes[2].append(1) == .pauseReading, "the fifth of all")
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(await self.take(5, &iterator).count == 5)
        lanes[1].append(3)
        #expect(await self.take(1, &iterator) == [3])
        #expect(lanes[0].owner.calls.contains(.resumeReading) && lanes[2].owner.calls.contains(.resumeReading))
    }

    @Test("an event is taken when the consumer asks for the next one") func taken() async {
        let buffer = EventBuffer(limits: EventLimits())
        let lane = Lane(buffer)
        for sequence in Int64(1)...3 { lane.append(sequence) }
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(buffer.taken(lane.slot) == nil)
        for expected in [nil, Int64(1), 2] {
            _ = await iterator.next()
            #expect(buffer.taken(lane.slot)?.sequence == expected)
        }
        #expect(lane.owner.calls.isEmpty, "reported by the batch")
        buffer.finish()
        #expect(await iterator.next() == nil)
        #expect(lane.owner.calls == [lane.position(3)])
    }

    @Test("a shard is drained when the consumer asks beyond its last event") func drain() async {
        let buffer = EventBuffer(limits: EventLimits())
        let lane = Lane(buffer)
        lane.append(1)
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        _ = await iterator.next()
        buffer.drain(lane.slot)
        #expect(lane.owner.calls.isEmpty)
        buffer.append(.groupEnded)
        _ = await iterator.next()
        #expect(lane.owner.calls == [lane.position(1), .drained])
        #expect(lane.append(2) == .goOn, "dropped: the session's next owner gets it")
        buffer.finish()
        #expect(await iterator.next() == nil)
    }

    @Test("a shard is drained at once where nothing of it waits") func drainIdle() {
        let buffer = EventBuffer(limits: EventLimits())
        let lane = Lane(buffer)
        let iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        buffer.drain(lane.slot)
        #expect(lane.owner.calls == [.drained])
        withExtendedLifetime(iterator) {}
    }

    @Test("a shard that stops, or that is looked at, in the moment when the consumer has asked on and nobody was told yet, is told first what was taken")
    func drainBetween() async {
        let buffer = EventBuffer(limits: EventLimits())
        let lanes = (0..<4).map { Lane(buffer, shard: $0) }
        for lane in lanes { lane.append(7) }
        let between = Mutex<EventPosition?>(nil)
        lanes[0].owner.whenAccepted {
            buffer.drain(lanes[1].slot)
            buffer.seal(lanes[2].slot, of: lanes[2].owner)
            between.withLock { $0 = buffer.taken(lanes[3].slot) }
        }
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(await self.take(4, &iterator) == [7, 7, 7, 7])
        buffer.finish()
        #expect(await iterator.next() == nil)
        for lane in lanes[1...2] { #expect(lane.owner.calls.prefix(2) == [lane.position(7), .drained]) }
        #expect(between.withLock { $0 } == EventPosition(sequence: 7, sessionID: "s"))
    }

    @Test("events of a shard that the consumer is no longer given do not count as taken when it goes on with those of others") func skippedIsNotTaken() async {
        let buffer = EventBuffer(limits: EventLimits())
        let (lane, other) = (Lane(buffer), Lane(buffer, shard: 1))
        for sequence in Int64(1)...4 { lane.append(sequence) }
        for sequence in Int64(1)...2 { other.append(sequence) }
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(await self.take(2, &iterator) == [1, 2])
        buffer.seal(lane.slot, of: lane.owner)
        #expect(await self.take(2, &iterator) == [1, 2])
        #expect(buffer.taken(lane.slot)?.sequence == 1, "3 and 4 were never given out, and 2 is its next owner's to give")
        buffer.finish()
        #expect(await iterator.next() == nil)
        #expect(buffer.taken(lane.slot)?.sequence == 1, "also once the batch is gone")
        #expect(lane.owner.calls == [lane.position(1), .drained])
    }

    @Test("what the consumer asks beyond is taken, also where its time is up in the moment before it gets the next") func sealWhileAsking() async {
        let buffer = EventBuffer(limits: EventLimits())
        let lane = Lane(buffer)
        for sequence in Int64(1)...2 { lane.append(sequence) }
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(buffer.nextAtHand() == nil)
        #expect(await self.take(2, &iterator) == [1, 2])
        #expect(buffer.taken(lane.slot)?.sequence == 1)
        #expect(buffer.nextAtHand() == nil, "the consumer asks for the one after 2, and is about to look for it")
        #expect(buffer.taken(lane.slot)?.sequence == 2)
        buffer.seal(lane.slot, of: lane.owner)
        #expect(lane.owner.calls == [lane.position(2), .drained])
        withExtendedLifetime(iterator) {}
    }

    @Test("when the consumer's time is up, it gets no further event of the shard, but those of others and what happened") func seal() async {
        let buffer = EventBuffer(limits: EventLimits())
        let (lane, other) = (Lane(buffer), Lane(buffer, shard: 1))
        for sequence in Int64(1)...3 { lane.append(sequence) }
        other.append(1)
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(await self.take(2, &iterator) == [1, 2])
        lane.append(4)
        _ = buffer.append(.sessionLost(lane.shard), to: lane.slot)
        buffer.drain(lane.slot)
        buffer.seal(lane.slot, of: lane.owner)
        buffer.seal(lane.slot, of: lane.owner)
        #expect(lane.owner.calls == [lane.position(1), .drained])
        buffer.close(lane.slot)
        buffer.finish()
        var rest: [String] = []
        while let event = await iterator.next() {
            switch event {
            case .dispatch(let dispatch): rest.append("\(dispatch.shard): \(dispatch.sequence)")
            case .lifecycle(let event): rest.append("\(event)")
            }
        }
        #expect(rest == ["1: 1", "\(LifecycleEvent.sessionLost(lane.shard))"])
    }

    @Test("a slot that is used again has nothing of its first shard") func slots() async {
        let buffer = EventBuffer(limits: Self.small)
        let lane = Lane(buffer)
        for sequence in Int64(1)...4 { lane.append(sequence) }
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        buffer.drain(lane.slot)
        buffer.seal(lane.slot, of: lane.owner)
        buffer.close(lane.slot)
        let next = Lane(buffer, shard: 2)
        #expect(next.append(1) == .goOn)
        buffer.seal(lane.slot, of: lane.owner)
        #expect(await self.take(1, &iterator) == [1])
    }

    @Test("where the consumer is gone, a shard need not wait for it, and another consumer goes on where it stopped") func consumerGone() async {
        let buffer = EventBuffer(limits: EventLimits())
        let (lane, other) = (Lane(buffer), Lane(buffer, shard: 1))
        for sequence in Int64(1)...3 { lane.append(sequence) }
        other.append(1)
        do {
            var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
            #expect(await self.take(2, &iterator) == [1, 2])
            buffer.drain(lane.slot)
            #expect(lane.owner.calls.isEmpty)
        }
        #expect(lane.owner.calls == [lane.position(1), .drained])
        var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
        #expect(await self.take(1, &iterator) == [1])
    }

    @Test("what shards report about themselves is bounded for a consumer that sleeps, and it is told how much is missing") func skipped() async {
        let buffer = EventBuffer(limits: EventLimits())
        let lane = Lane(buffer)
        for _ in 0..<EventBuffer.maxTransients + 5 { _ = buffer.append(.connecting(lane.shard), to: lane.slot) }
        _ = buffer.append(.sessionLost(lane.shard), to: lane.slot)
        buffer.finish()
        var events: [LifecycleEvent] = []
        for await event in GatewayEvents(buffer: buffer) { if case .lifecycle(let event) = event { events.append(event) } }
        #expect(events.count == EventBuffer.maxTransients + 2)
        #expect(events.suffix(2) == [.sessionLost(lane.shard), .skipped(lane.shard, count: 5)])
    }

    @Test("a consumer that waits is woken by the first event, by the end, and by cancellation") func waking() async {
        let buffer = EventBuffer(limits: EventLimits())
        let lane = Lane(buffer)
        let eventLane = EventLane(buffer: buffer, slot: lane.slot, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        let dispatch = GatewayDispatch(shard: ShardID(0), numShards: 4, sequence: 1, sessionID: "s", type: .messageCreate, data: ByteBuffer())
        await withTaskGroup(of: Int.self) { tasks in
            tasks.addTask {
                var count = 0
                for await _ in GatewayEvents(buffer: buffer) { count += 1 }
                return count
            }
            for _ in 0..<200 {
                await Task.yield()
                _ = eventLane.append(dispatch)
            }
            while lane.owner.calls.isEmpty { await Task.yield() }
            tasks.cancelAll()
            #expect(await tasks.next()! <= 200)
        }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await _ in GatewayEvents(buffer: buffer) {} }
            await Task.yield()
            buffer.finish()
        }
    }

    @Test("whatever the timing, a consumer gets every event of every shard once and in order", arguments: 0..<20)
    func everythingOnce(seed: Int) async {
        let buffer = EventBuffer(limits: EventLimits(eventsPerShard: 50, bytesPerShard: 1 << 20, events: 120, bytes: 1 << 20))
        let lanes = (0..<3).map { Lane(buffer, shard: $0) }
        await withTaskGroup(of: Void.self) { tasks in
            for lane in lanes {
                tasks.addTask {
                    for sequence in Int64(1)...500 {
                        lane.append(sequence)
                        buffer.wake()
                        if sequence % Int64(seed + 1) == 0 { await Task.yield() }
                    }
                }
            }
            var last = [Int64](repeating: 0, count: 3)
            var iterator = GatewayEvents(buffer: buffer).makeAsyncIterator()
            while last.contains(where: { $0 < 500 }), let event = await iterator.next() {
                guard case .dispatch(let dispatch) = event else { continue }
                #expect(dispatch.sequence == last[dispatch.shard.rawValue] + 1)
                last[dispatch.shard.rawValue] = dispatch.sequence
            }
            #expect(last == [500, 500, 500])
        }
    }

    @Test("has one consumer at a time, which an iterator insists on") func oneConsumer() {
        let buffer = EventBuffer(limits: Self.small)
        #expect(buffer.beginConsumer())
        #expect(!buffer.beginConsumer())
        buffer.endConsumer()
        #expect(buffer.beginConsumer())
    }
}
