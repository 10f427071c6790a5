import ArgumentParser
import ClusterModel
import ClusterStore
import Foundation
import GatewayModel

/// `muster shards [MATCHER…]`: where shards stand and what it takes to RESUME them, from the coordinator or, where none is left, from its store.
struct ShardsCommand: ConfigurableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shards", abstract: "Shows shards with their sessions, from the coordinator or from its store.",
        discussion: """
            MATCHER is KEY=VALUE, or several of them with commas between: shard=3, shard=0-7, worker=w1, phase=live, session=ID. A shard is shown that \
            satisfies any of the matchers; all, without one. With --store no coordinator is asked: what the database holds is at most a few seconds old.
            """)
    static let settingNames: Set = ["admin", "json", "store", "application"]

    @OptionGroup var common: CommonOptions

    @Argument(help: "Such as worker=w1,phase=live.")
    var matchers: [String] = []

    @Option(help: "The coordinator's admin API (default: http://127.0.0.1:7701).")
    var admin: String?

    @Option(help: "Read this store instead: sqlite:FILE or postgres://USER@HOST/DATABASE.")
    var store: String?

    @Option(help: "The bot's name in the store (default: \"default\").")
    var application: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try await self.settings([
            "admin": self.admin, "json": Settings.flag(self.json), "store": self.store, "application": self.application,
        ])
        let matchers = try self.matchers.map { try ShardRecordMatcher(parsing: $0) }
        let all: [ShardRecord] =
            if let store = try settings.string("store") {
                try await Self.stored(StoreLocation(parsing: store), ApplicationID(rawValue: try settings.string("application", default: "default")))
            } else {
                try await AdminClient(url: try settings.string("admin", default: AdminClient.defaultURL)).shards()
            }
        let records = all.matching(matchers)
        print(try settings.bool("json") ? PrintedJSON.text(records) + "\n" : ShardTable(records: records).text, terminator: "")
    }

    private static func stored(_ location: StoreLocation, _ application: ApplicationID) async throws -> [ShardRecord] {
        if case .sqlite(let path) = location, !FileManager.default.fileExists(atPath: path) {
            throw OperatorMistake(what: "there is no store at \(location)", why: "the file does not exist", fix: "name the coordinator's own --store")
        }
        let store = try await location.open()
        let loaded: Result<StoredCluster, any Error>
        do {
            loaded = .success(try await store.load(application))
        } catch {
            loaded = .failure(error)
        }
        await store.close()
        let cluster = try loaded.get()
        guard cluster.activeGeneration != nil else {
            throw OperatorMistake(
                what: "the store holds no shards of the application `\(application)`", why: "no coordinator has started a shard set under that name",
                fix: "give --application as the coordinator's log names it")
        }
        return cluster.shardRecords
    }
}
