public import GatewayModel

/// What each IDENTIFY of a cluster says besides token, shard, intents and presence.
public struct IdentifyOptions: Hashable, Sendable {
    /// Members from which on a guild counts as large, so that GUILD_CREATE leaves out those that are offline; 50 to 250, `nil` for Discord's default.
    public var largeThreshold: Int?
    /// Each of 1 to 100 bytes.
    public var properties: IdentifyProperties

    public init(largeThreshold: Int? = nil, properties: IdentifyProperties = IdentifyProperties()) {
        self.largeThreshold = largeThreshold
        self.properties = properties
    }

    /// Bytes of one property: all three leave room for token and presence in an IDENTIFY.
    public static let propertyBytes = 1...100

    /// Reads `KEY=VALUE`, several of them with commas between; `os`, `browser` and `device` are the keys. What is not named keeps the library's own value.
    public static func properties(parsing text: String) throws(OperatorMistake) -> IdentifyProperties {
        var properties = IdentifyProperties()
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw self.bad(text, "`\(pair.prefix(50))` is not KEY=VALUE") }
            guard self.propertyBytes.contains(parts[1].utf8.count) else { throw self.bad(text, "each value has 1 to \(self.propertyBytes.upperBound) bytes") }
            switch parts[0] {
            case "os": properties.os = parts[1]
            case "browser": properties.browser = parts[1]
            case "device": properties.device = parts[1]
            default: throw self.bad(text, "`\(parts[0].prefix(50))` is none of: os, browser, device")
            }
        }
        return properties
    }

    private static func bad(_ text: String, _ why: String) -> OperatorMistake {
        OperatorMistake(what: "IDENTIFY cannot have the properties `\(text.prefix(100))`", why: why, fix: "write them as os=linux,browser=mybot,device=mybot")
    }
}
