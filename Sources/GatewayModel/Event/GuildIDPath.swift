/// Where an event's `d` names the guild that it belongs to. Source: Discord docs, Gateway Events › Receive Events.
public enum GuildIDPath: String, Hashable, Sendable, CaseIterable {
    /// The guild itself is the data.
    case id = "id"
    /// As almost everywhere.
    case guildID = "guild_id"
    /// RATE_LIMITED: the guild of the refused request.
    case metaGuildID = "meta.guild_id"

    /// The keys from `d` down to the guild id.
    public var keys: [String] { self.rawValue.split(separator: ".").map(String.init) }
}

extension EventType {
    /// Where the guild id lies; `nil` for a type that belongs to no guild, and for one that Discord does not document.
    public var guildIDPath: GuildIDPath? { self.facts?.guildIDPath }

    /// Whether the guild id may be absent: a direct message, an ephemeral one, or something else outside of guilds. Such events go to shard 0.
    public var mayLackGuildID: Bool { self.facts?.mayLackGuildID ?? true }

    /// Whether shard 0 alone gets it, such as entitlements: a `guild_id` in its data names somebody who is concerned, and routes nothing.
    public var isForShardZeroOnly: Bool { self.facts?.isForShardZeroOnly ?? false }

    var facts: EventFacts? { self.isKnown ? EventTable.facts[Int(self.index)] : nil }
}
