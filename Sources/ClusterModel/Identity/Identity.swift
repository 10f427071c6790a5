public import GatewayModel

/// The application (bot) that a row, message or event belongs to.
public struct ApplicationID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { self.rawValue }
}

/// The number of a shard set (one `numShards`), from 1. Rises with each re-shard.
public struct Generation: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(self.rawValue) }
}

/// The name an operator gives a worker; survives restarts of its process. At most 128 bytes of `[A-Za-z0-9._-]`.
public struct StableID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { self.rawValue }
}

/// A fresh id of a worker process (or of its life after a fence), never reused.
public struct Incarnation: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { self.rawValue }
}

/// The fencing token of the coordinator: every control write and message carries it; a lower one is refused.
public struct CoordinatorEpoch: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(self.rawValue) }
}

/// The fencing token of a shard: rises with each assignment; rows and sinks refuse a lower one.
public struct AssignmentEpoch: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var next: AssignmentEpoch { AssignmentEpoch(rawValue: self.rawValue + 1) }
    public var description: String { String(self.rawValue) }
}

/// A shard of one shard set. A cluster machine serves one application, so the application is not part of it.
public struct ShardKey: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var generation: Generation
    public var shard: ShardID

    public init(generation: Generation, shard: ShardID) {
        self.generation = generation
        self.shard = shard
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.generation, left.shard) < (right.generation, right.shard)
    }

    public var description: String { "\(self.generation)/\(self.shard)" }
}

/// A shard under one assignment: what a worker may hold.
public struct ShardLease: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var key: ShardKey
    public var epoch: AssignmentEpoch

    public init(key: ShardKey, epoch: AssignmentEpoch) {
        self.key = key
        self.epoch = epoch
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.key, left.epoch) < (right.key, right.epoch)
    }

    public var description: String { "\(self.key)@\(self.epoch)" }
}

/// `fence`: a worker without a coordinator closes its shards before they could be given away. `hold`: it keeps them and dials nothing.
public enum Isolation: String, Hashable, Codable, Sendable, CaseIterable {
    case fence, hold
}
