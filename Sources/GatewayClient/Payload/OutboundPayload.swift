import GatewayModel

/// What we send: complete JSON texts.
enum OutboundPayload {
    /// Discord closes with 4002 beyond this.
    static let maxBytes = 4096

    static func heartbeat(sequence: Int64?) -> String {
        #"{"op":1,"d":\#(sequence.map(String.init) ?? "null")}"#
    }

    static func identify(_ configuration: GatewayShardConfiguration) -> String {
        let properties = configuration.properties
        return """
            {"op":2,"d":{"token":\(quoted(configuration.token.revealed)),"intents":\(configuration.intents),\
            "shard":[\(configuration.shard),\(configuration.numShards)],\
            "properties":{"os":\(quoted(properties.os)),"browser":\(quoted(properties.browser)),"device":\(quoted(properties.device))}}}
            """
    }

    static func resume(_ session: GatewaySession, token: Secret) -> String {
        #"{"op":6,"d":{"token":\#(quoted(token.revealed)),"session_id":\#(quoted(session.sessionID)),"seq":\#(session.sequence)}}"#
    }

    /// As a JSON string.
    static func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\u{00}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
