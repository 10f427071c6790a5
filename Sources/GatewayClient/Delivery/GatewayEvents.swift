/// The events of a group, for one consumer.
///
/// An event counts as taken when the consumer asks for the one after it: what is in its hands when the process dies comes again with the next RESUME, and
/// nothing is lost. Events that wait for a slow consumer are bounded by `EventLimits`; a shard that fills them is not read meanwhile.
///
/// The sequence ends with the group's run, or where the consumer's task is cancelled. One iterator may exist at a time: a second one is a programming
/// error. After the first is gone another one goes on where it stopped.
public struct GatewayEvents: AsyncSequence, Sendable {
    /// Discord's events, and the group's.
    public typealias Element = GatewayEvent
    /// What ends a group is thrown by its `run()`.
    public typealias Failure = Never

    let buffer: EventBuffer

    /// Begins as the one consumer, until the iterator is gone.
    public func makeAsyncIterator() -> Iterator {
        precondition(self.buffer.beginConsumer(), "a group's events have one consumer: an iterator exists already")
        return Iterator(consumer: Consumer(buffer: self.buffer))
    }

    /// Not to be used by two tasks at once.
    public struct Iterator: AsyncIteratorProtocol {
        let consumer: Consumer

        /// Takes the event before, and gives the next; `nil` at the end of the run, or where the task is cancelled and nothing more is at hand.
        public mutating func next() async -> GatewayEvent? {
            if let event = self.consumer.buffer.nextAtHand() { return event }
            return await self.consumer.buffer.next()
        }
    }

    /// Its end is the end of the consumer.
    final class Consumer {
        let buffer: EventBuffer

        init(buffer: EventBuffer) {
            self.buffer = buffer
        }

        deinit {
            self.buffer.endConsumer()
        }
    }
}
