/// One event of the simulated Discord, as small as can be: whoever needs bytes renders them from these numbers, the same every time.
public struct SimulatedEvent: Hashable, Sendable {
    /// Unique over the life of the simulator and its state file, rising from 1. For READY, RESUMED and the GUILD_CREATEs after READY, which belong to one
    /// session and are in no ledger, it is 0.
    public var id: Int64
    /// The guild it happened in; 0: none (a direct message), which goes to shard 0 of each shard set.
    public var guild: UInt64
    /// Bytes to pad the payload with, for large frames. 0: a message of usual size.
    public var padding: UInt32
    public var type: SimulatedEventType
    /// What a command asked for; `nil`: the type and the guild say everything.
    public var answer: Answer?

    public init(id: Int64, type: SimulatedEventType, guild: UInt64, padding: UInt32 = 0, answer: Answer? = nil) {
        self.id = id
        self.guild = guild
        self.padding = padding
        self.type = type
        self.answer = answer
    }
}
