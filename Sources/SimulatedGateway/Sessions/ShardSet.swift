/// The shards of one `num_shards`, and whether each of them has, had or gave up a session.
struct ShardSet: Hashable, Sendable {
    let numShards: Int
    /// Larger is newer: rises when the set starts, also when it starts again from nothing.
    var order: Int64
    var slots: [Slot]

    struct Slot: Hashable, Sendable {
        var history = History.never
        /// Of the last session.
        var intents: UInt64 = 0
        /// Live sessions, attached or detached, oldest first.
        var sessions: [SessionKey] = []
    }

    enum History: UInt8, Hashable, Sendable {
        /// No READY yet.
        case never = 0
        /// READY at some time, not retired since.
        case active = 1
        /// The last session was closed with 1000 or 1001 by its client.
        case retired = 2
    }

    init(numShards: Int, order: Int64) {
        self.numShards = numShards
        self.order = order
        self.slots = Array(repeating: Slot(), count: numShards)
    }

    var hasSession: Bool { self.slots.contains { !$0.sessions.isEmpty } }

    /// Guild 0 stands for "no guild": shard 0.
    func shard(ofGuild guild: UInt64) -> Int {
        Int((guild >> 22) % UInt64(self.numShards))
    }
}
