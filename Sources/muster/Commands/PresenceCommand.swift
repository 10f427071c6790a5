import ArgumentParser
import ClusterModel
import GatewayModel

/// `muster presence`: how the bot appears, kept for every session to come.
struct PresenceCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presence", abstract: "Sets how the bot appears, on all shards or on some.",
        discussion: """
            What is set for all is kept: also shards that start or move later show it. What single shards are given takes precedence until the next re-shard, \
            or until something is set for all. Without --activity the bot does nothing.
            """)
    static let settingNames: Set = ["status", "activity", "activity-type", "url", "since", "afk", "shards", "admin"]

    @OptionGroup var common: CommonOptions

    @Option(help: "online, idle, dnd, invisible or offline (default: online).")
    var status: String?

    @Option(help: "What it is doing: the name of it, or the text of a custom status.")
    var activity: String?

    @Option(help: "playing, streaming, listening, watching, custom or competing (default: playing).")
    var activityType: String?

    @Option(help: "The page of a stream, at twitch.tv or youtube.com.")
    var url: String?

    @Option(help: "Since when it is idle, in milliseconds since 1970.")
    var since: String?

    @Flag(help: "Away from the keyboard.")
    var afk = false

    @Option(help: "Only these shards, such as 0-3,7.")
    var shards: String?

    @Option(help: "The coordinator's admin API (default: http://127.0.0.1:7701).")
    var admin: String?

    func run() async throws {
        let settings = try await self.settings([
            "status": self.status, "activity": self.activity, "activity-type": self.activityType, "url": self.url, "since": self.since,
            "afk": Settings.flag(self.afk), "shards": self.shards, "admin": self.admin,
        ])
        let body: PayloadValue = .object([
            .init(key: "presence", value: try Self.presence(settings).data),
            .init(key: "shards", value: try Self.shards(settings).map { .array($0.map { .integer(Int64($0)) }) } ?? .null),
        ])
        print(try await AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL)).post("/v1/presence", json: body))
    }

    static func presence(_ settings: Settings) throws -> Presence {
        var presence = Presence(status: try settings.choice("status", default: Presence.Status.online), afk: try settings.bool("afk"))
        presence.since = try settings.int("since", in: 0...Int.max).map(Int64.init)
        let url = try settings.string("url")
        let kind = try settings.parsed("activity-type", expected: "one of: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))") { Kind(rawValue: $0) }
        guard url == nil || kind == .streaming else {
            throw OperatorMistake(what: "`--url` is not used", why: "only a stream has a page", fix: "leave it out, or give `--activity-type streaming`")
        }
        if let text = try settings.string("activity") {
            let activity: Activity =
                switch kind ?? .playing {
                case .playing: .playing(text)
                case .streaming: .streaming(text, url: url ?? "")
                case .listening: .listening(to: text)
                case .watching: .watching(text)
                case .custom: .custom(text)
                case .competing: .competing(in: text)
                }
            presence.activities = [activity]
        } else if let kind {
            throw OperatorMistake(
                what: "`--activity` is missing", why: "`--activity-type \(kind.rawValue)` says how it is shown", fix: "give it, or leave the type out")
        }
        try GatewayCommand.updatePresence(presence).check()
        return presence
    }

    /// `0-3,7` as 0, 1, 2, 3, 7.
    static func shards(_ settings: Settings) throws -> [Int]? {
        try settings.parsed("shards", expected: "shard ids and ranges of them, such as 0-3,7") { text -> [Int]? in
            var ids: Set<Int> = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let range = ShardRange(parsing: part) else { return nil }
                ids.formUnion(range.ids)
            }
            return ids.sorted()
        }
    }

    private enum Kind: String, CaseIterable {
        case playing, streaming, listening, watching, custom, competing
    }
}
