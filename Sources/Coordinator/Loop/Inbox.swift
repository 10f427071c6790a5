import AsyncAlgorithms
import ClusterModel

/// Everything that reaches the loop, in order. It holds nothing itself: a sender waits until the loop takes its input, so a busy loop slows its
/// senders down instead of piling their messages up.
struct Inbox: Sendable {
    enum Event: Sendable {
        case input(ClusterInput)
        /// The alarm rang.
        case wake
        /// Another coordinator leads, as the beat found out.
        case deposed
    }

    let events = AsyncChannel<Event>()

    func send(_ input: ClusterInput) async {
        await self.events.send(.input(input))
    }

    func wake() async {
        await self.events.send(.wake)
    }

    func deposed() async {
        await self.events.send(.deposed)
    }

    /// From now on every `send` returns at once and is lost.
    func finish() {
        self.events.finish()
    }
}
