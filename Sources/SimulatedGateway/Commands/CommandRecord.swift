public import GatewayModel

/// One command of a client, and what the gateway made of it.
public struct CommandRecord: Hashable, Sendable {
    public var at: Instant
    public var connection: ConnectionID
    public var session: SessionKey
    public var shard: Int
    public var numShards: Int
    public var command: ClientCommand
    public var outcome: Outcome

    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// Done, and answered where the op has an answer.
        case done
        /// Op 3 beyond 5 in 20 s: ignored.
        case presenceLimit = "presence_limit"
        /// A full list of a guild within 30 s of the last one: answered with RATE_LIMITED.
        case rateLimited = "rate_limited"
        /// A full list without the GUILD_MEMBERS intent: ignored.
        case missingIntent = "missing_intent"
        /// A guild that another shard owns: ignored. Of several guilds (op 31) the others were answered.
        case wrongShard = "wrong_shard"
        /// A guild the bot is not in, or a voice channel that the guild lacks: ignored.
        case unknownGuild = "unknown_guild"
    }
}
