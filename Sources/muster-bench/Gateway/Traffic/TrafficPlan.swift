import GatewayModel

/// What a sender sends on each of its connections: any process that has the plan can tell what comes.
struct TrafficPlan: Codable, Hashable, Sendable {
    enum Shape: String, Codable, CaseIterable, Sendable {
        /// MESSAGE_CREATE of about 1 KB whose text is short, so that a stream compresses about 7:1.
        case message
        /// MESSAGE_CREATE of about 1 KB that is mostly text, no two alike.
        case uniqueText
        /// Sizes from 100 B to 100 KB, as `SizeMix` draws them.
        case mix
        /// What a shard sees before it falls idle: messages, three payloads of 100 KB, a few messages more.
        case idle
    }

    var shape = Shape.message
    var encoding = GatewayEncoding.json
    var compression = GatewayCompression.none
    /// `d` before `op`, `s` and `t`, as a map with sorted keys has it.
    var isDataFirst = false
    var isTLS = false
    /// On each connection, warm-up included, READY not.
    var events: Int
    /// All start at once, when each has sent IDENTIFY; of the shape `idle` each by itself.
    var connections = 1

    /// Events of one connection before the clock starts.
    var warmUp: Int { max(1, self.events / 10) }

    /// `s` of READY; the next event has one more. Of ten digits, so that no payload's size changes on the way.
    static let readySequence = 1_000_000_000
}
