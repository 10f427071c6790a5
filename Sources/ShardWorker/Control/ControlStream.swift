import ClusterModel
import GatewayModel

/// One try to be connected to the coordinator: what is to be sent on it, and how to leave it.
struct ControlStream: Sendable {
    let number: Int
    private let outgoing: AsyncStream<WorkerMessage>
    private let outbox: AsyncStream<WorkerMessage>.Continuation
    private let left = OneShot()
    private let opened = OneShot()

    /// Messages that may wait to be sent. Beyond it the stream is left: a coordinator that takes nothing for so long answers nothing either.
    private static let outboxLimit = 8192
    /// From the try to the open stream.
    private static let openLimit = Duration.seconds(5)

    init(number: Int) {
        self.number = number
        (self.outgoing, self.outbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.outboxLimit))
    }

    func send(_ message: WorkerMessage) {
        if case .dropped = self.outbox.yield(message) { self.leave() }
    }

    /// Sends what waits, then ends our side.
    func finish() {
        self.outbox.finish()
    }

    /// Ends it at once.
    func leave() {
        self.left.fire()
    }

    /// Runs it to its end; the last event is `ended`.
    func run(over transport: any ControlTransport, into inbox: WorkerInbox) async {
        let reason = await withTaskGroup(of: String?.self) { group in
            group.addTask {
                await transport.exchange(
                    self.outgoing,
                    opened: {
                        self.opened.fire()
                        inbox.post(.stream(self.number, .opened))
                    },
                    received: { await inbox.send(.stream(self.number, .received($0))) })
            }
            group.addTask {
                await self.left.wait()
                return "it was left"
            }
            group.addTask {
                await withTaskGroup(of: Bool.self) { race in
                    race.addTask {
                        await self.opened.wait()
                        return true
                    }
                    race.addTask {
                        try? await Task.sleep(for: Self.openLimit)
                        return false
                    }
                    defer { race.cancelAll() }
                    return await race.next()! ? nil : "not connected within 5 s"
                }
            }
            defer { group.cancelAll() }
            while let reason = await group.next() {
                if let reason { return reason }
            }
            return "it was left"
        }
        self.outbox.finish()
        inbox.post(.stream(self.number, .ended(reason: reason)))
    }
}
