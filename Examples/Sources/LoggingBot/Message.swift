import GatewayClient

/// Of Discord's message object what this bot needs. What is not named here is not decoded.
struct Message: Decodable {
    var id: Snowflake
    var channelID: Snowflake
    var content: String

    enum CodingKeys: String, CodingKey {
        case id, content
        case channelID = "channel_id"
    }
}
