import GatewayModel

/// What the session machine has us send.
enum OutboundPayload {
    static func heartbeat(sequence: Int64?) -> PayloadValue {
        sequence.map { .integer($0) } ?? .null
    }

    static func identify(_ configuration: GatewayShardConfiguration, presence: Presence?) -> PayloadValue {
        let properties = configuration.properties
        var fields: [PayloadValue.Field] = [
            .init(key: "token", value: .string(configuration.token.revealed)),
            .init(key: "intents", value: .integer(Int64(clamping: configuration.intents))),
            .init(key: "shard", value: [.integer(Int64(configuration.shard.rawValue)), .integer(Int64(configuration.numShards))]),
            .init(
                key: "properties", value: ["os": .string(properties.os), "browser": .string(properties.browser), "device": .string(properties.device)]),
        ]
        if configuration.compression == .payload { fields.append(.init(key: "compress", value: true)) }
        if let threshold = configuration.largeThreshold { fields.append(.init(key: "large_threshold", value: .integer(Int64(threshold)))) }
        if let presence { fields.append(.init(key: "presence", value: presence.data)) }
        return .object(fields)
    }

    static func resume(_ session: GatewaySession, token: Secret) -> PayloadValue {
        ["token": .string(token.revealed), "session_id": .string(session.sessionID), "seq": .integer(session.sequence)]
    }
}
