public import GatewayModel

/// The number of a presence that an operator set, rising with each in one application. `none`: nothing was ever set.
public struct PresenceRevision: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public static let none = PresenceRevision(rawValue: 0)
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var next: PresenceRevision { PresenceRevision(rawValue: self.rawValue + 1) }
    public var description: String { String(self.rawValue) }
}

/// What a shard is to show.
public struct PlannedPresence: Hashable, Sendable {
    public var presence: Presence
    public var revision: PresenceRevision

    public init(_ presence: Presence, revision: PresenceRevision) {
        self.presence = presence
        self.revision = revision
    }
}

/// The shards that a presence is for.
public enum PresenceScope: Hashable, Sendable {
    /// Every shard, of this shard set and of those to come; takes the place of what single shards were given.
    case all
    /// These shards of the present set, until it is replaced.
    case shards([ShardID])
}
