/// What a bot is shown doing: the four fields that Discord takes from bots. Source: Discord docs, Gateway Events › Activity Object.
public struct Activity: Hashable, Sendable {
    /// Never empty, also where it is not shown.
    public var name: String
    /// What is being done: the verb before `name`.
    public var kind: Kind
    /// A second line; of a custom status, the text itself.
    public var state: String?
    /// Of a stream: an `https` page of twitch.tv or youtube.com.
    public var url: String?

    /// `GatewayCommand.check` tells what Discord would not show.
    public init(name: String, kind: Kind = .playing, state: String? = nil, url: String? = nil) {
        self.name = name
        self.kind = kind
        self.state = state
        self.url = url
    }

    /// `type` on the wire: any number, since Discord may add some.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public var rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// "Playing {name}".
        public static let playing = Kind(rawValue: 0)
        /// "Streaming {name}", with a link: needs `url`.
        public static let streaming = Kind(rawValue: 1)
        /// "Listening to {name}".
        public static let listening = Kind(rawValue: 2)
        /// "Watching {name}".
        public static let watching = Kind(rawValue: 3)
        /// "{state}": needs `state`; `name` is not shown.
        public static let custom = Kind(rawValue: 4)
        /// "Competing in {name}".
        public static let competing = Kind(rawValue: 5)
    }

    /// "Playing {name}".
    public static func playing(_ name: String) -> Activity { Activity(name: name) }

    /// A stream at an `https` page of twitch.tv or youtube.com.
    public static func streaming(_ name: String, url: String) -> Activity { Activity(name: name, kind: .streaming, url: url) }

    /// "Listening to {name}".
    public static func listening(to name: String) -> Activity { Activity(name: name, kind: .listening) }

    /// "Watching {name}".
    public static func watching(_ name: String) -> Activity { Activity(name: name, kind: .watching) }

    /// A custom status: only the text is shown.
    public static func custom(_ state: String) -> Activity { Activity(name: "Custom Status", kind: .custom, state: state) }

    /// "Competing in {name}".
    public static func competing(in name: String) -> Activity { Activity(name: name, kind: .competing) }

    var data: PayloadValue {
        var fields: [PayloadValue.Field] = [
            PayloadValue.Field(key: "name", value: .string(self.name)), PayloadValue.Field(key: "type", value: .integer(Int64(self.kind.rawValue))),
        ]
        if let state = self.state { fields.append(PayloadValue.Field(key: "state", value: .string(state))) }
        if let url = self.url { fields.append(PayloadValue.Field(key: "url", value: .string(url))) }
        return .object(fields)
    }
}
