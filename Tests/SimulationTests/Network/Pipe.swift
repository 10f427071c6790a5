import DequeModule

/// One direction of a TCP stream: ordered, never losing, sometimes standing still.
struct Pipe<Message> {
    private var inFlight = Deque<Message>()
    private var lastDelivery: Int64 = 0
    /// Deliveries that fell due while the way was cut.
    private(set) var held = 0

    /// - Returns: when the delivery event is due: one for each message.
    mutating func send(_ message: Message, at now: Int64, delay: Int64) -> Int64 {
        self.inFlight.append(message)
        self.lastDelivery = max(self.lastDelivery + 1, now + delay)
        return self.lastDelivery
    }

    /// A delivery event came due. `nil`: the way is cut, it waits; or the stream was reset meanwhile.
    mutating func deliver(isCut: Bool) -> Message? {
        guard !isCut else {
            self.held += 1
            return nil
        }
        return self.inFlight.popFirst()
    }

    /// The way is whole again. - Returns: when the deliveries that waited are due.
    mutating func heal(at now: Int64, delay: Int64) -> [Int64] {
        defer { self.held = 0 }
        return (0..<self.held).map { _ in
            self.lastDelivery = max(self.lastDelivery + 1, now + delay)
            return self.lastDelivery
        }
    }

    /// The way is fast again: what is under way arrives soon. - Returns: when extra deliveries are due; the late ones will find nothing.
    mutating func hurry(at now: Int64, delay: Int64) -> [Int64] {
        self.held = 0
        self.lastDelivery = min(self.lastDelivery, now + delay)
        return self.inFlight.map { _ in
            self.lastDelivery = max(self.lastDelivery + 1, now + delay)
            return self.lastDelivery
        }
    }

    /// A reset: what is under way is gone.
    mutating func discard() {
        self.inFlight.removeAll()
        self.held = 0
    }
}
