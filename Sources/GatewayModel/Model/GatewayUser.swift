/// Who somebody is. Source: Discord docs, User.
public struct GatewayUser: Decodable, Hashable, Sendable {
    /// Discord's id of the account.
    public var id: Snowflake
    /// Unique, but for bots, which have a discriminator too. Empty where Discord sent only the id.
    public var username: String
    /// The name that is shown, where one is set.
    public var globalName: String?
    /// Four digits of a bot; `0` of a person.
    public var discriminator: String?
    /// Hash of the picture.
    public var avatar: String?
    /// Whether the account belongs to an application. Absent on the wire: it does not.
    public var isBot: Bool

    /// For tests; the library decodes its own.
    public init(
        id: Snowflake, username: String, globalName: String? = nil, discriminator: String? = nil, avatar: String? = nil, isBot: Bool = false
    ) {
        self.id = id
        self.username = username
        self.globalName = globalName
        self.discriminator = discriminator
        self.avatar = avatar
        self.isBot = isBot
    }

    /// Throws only without a usable `id`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.id = try fields.decode(Snowflake.self, forKey: .id)
        self.username = fields.lenient(.username) ?? ""
        self.globalName = fields.lenient(.globalName)
        self.discriminator = fields.lenient(.discriminator)
        self.avatar = fields.lenient(.avatar)
        self.isBot = fields.lenient(.isBot) ?? false
    }

    private enum CodingKeys: String, CodingKey {
        case id, username, globalName = "global_name", discriminator, avatar, isBot = "bot"
    }
}
